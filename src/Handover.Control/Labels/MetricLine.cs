using System.Globalization;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Labels;

/// <summary>
/// One pushed value of a metric: of a request, or of an entity at an epoch when the sender knows no request.
/// </summary>
/// <param name="Name">The metric.</param>
/// <param name="RequestId">The request; null when an entity is meant.</param>
/// <param name="Release">The release that served the entity; null when a request is meant.</param>
/// <param name="Entity">The entity.</param>
/// <param name="Epoch">The epoch at which it was served.</param>
/// <param name="Truth"><c>true</c> (bad), <c>false</c>, or a number in its shortest form.</param>
/// <param name="At">When it was known; null when not said.</param>
internal sealed record MetricLine(
    string Name,
    string? RequestId,
    string? Release,
    string? Entity,
    long? Epoch,
    string Truth,
    DateTimeOffset? At
)
{
    private const string Fields = "a metric has name, requestId (or release, entity and epoch), bad or value, and at.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads a line; strict, like every input.</summary>
    public static Result<MetricLine> Read(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line, Strict);
            JsonElement root = json.RootElement;
            return root.ValueKind == JsonValueKind.Object ? Read(root) : Bad("is not an object.");
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return Bad("is not JSON.");
        }
    }

    private static Result<MetricLine> Read(JsonElement json)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        long? epoch = null;
        DateTimeOffset? at = null;
        string? bad = null;
        string? value = null;
        foreach (JsonProperty field in json.EnumerateObject())
        {
            JsonElement given = field.Value;
            bool fits = field.Name switch
            {
                "name" or "requestId" or "release" or "entity" => Text(field, texts),
                "epoch" => (epoch = Whole(given)) is not null,
                "bad" => (bad = Flag(given)) is not null,
                "value" => (value = Number(given)) is not null,
                "at" => (at = Time(given)) is not null,
                _ => false,
            };
            if (!fits)
            {
                return Known(field.Name)
                    ? Bad($"{field.Name} is of the wrong type, or too long.")
                    : Bad($"there is no field '{field.Name}'; {Fields}");
            }
        }

        string? name = texts.GetValueOrDefault("name");
        string? request = texts.GetValueOrDefault("requestId");
        string? release = texts.GetValueOrDefault("release");
        string? entity = texts.GetValueOrDefault("entity");
        bool byRequest = request is not null && release is null && entity is null && epoch is null;
        bool byEntity = request is null && release is not null && entity is not null && epoch is not null;
        return name is null || !(byRequest || byEntity) || bad is null == value is null
            ? Bad(Fields)
            : new MetricLine(name, request, release, entity, epoch, bad ?? value!, at);
    }

    private static bool Known(string name) =>
        name is "name" or "requestId" or "release" or "entity" or "epoch" or "bad" or "value" or "at";

    private static bool Text(JsonProperty field, Dictionary<string, string> into)
    {
        string? text = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : null;
        return text is { Length: > 0 and <= 200 } && into.TryAdd(field.Name, text);
    }

    private static long? Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long n) && n > 0 ? n : null;

    private static string? Flag(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };

    private static string? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double n) && double.IsFinite(n)
            ? n.ToString("R", CultureInfo.InvariantCulture)
            : null;

    private static DateTimeOffset? Time(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out DateTimeOffset time) ? time : null;

    private static Problem Bad(string message) => new("bad-metric", message);
}
