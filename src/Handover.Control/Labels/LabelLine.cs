using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Labels;

/// <summary>One pushed label.</summary>
/// <param name="RequestId">The request it speaks of.</param>
/// <param name="Truth">A number in its shortest form, or the name of a class.</param>
/// <param name="At">When the truth was known; null when not said.</param>
internal sealed record LabelLine(string RequestId, string Truth, DateTimeOffset? At)
{
    /// <summary>Name of a pushed metric; empty for the truth about the answer.</summary>
    public string Metric { get; init; } = "";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads <c>{"requestId","truth","at"}</c>; strict, like every input.</summary>
    public static Result<LabelLine> Read(string line)
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

    private static Result<LabelLine> Read(JsonElement json)
    {
        string? id = null;
        string? truth = null;
        DateTimeOffset? at = null;
        foreach (JsonProperty field in json.EnumerateObject())
        {
            switch (field.Name)
            {
                case "requestId" when field.Value.ValueKind == JsonValueKind.String:
                    id = field.Value.GetString();
                    break;
                case "truth":
                    truth = Truthful(field.Value);
                    break;
                case "at" when field.Value.ValueKind == JsonValueKind.Null:
                    break;
                case "at" when Time(field.Value) is { } time:
                    at = time;
                    break;
                case "at" or "requestId":
                    return Bad($"{field.Name} is of the wrong type.");
                default:
                    return Bad($"there is no field '{field.Name}'; a label has requestId, truth and at.");
            }
        }

        return id is null or { Length: 0 or > 200 } ? Bad("requestId is missing or too long.")
            : truth is null or { Length: > 200 } ? Bad("truth is missing, or neither a number nor a short text.")
            : new LabelLine(id, truth, at);
    }

    private static DateTimeOffset? Time(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out DateTimeOffset time) ? time : null;

    private static string? Truthful(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDouble(out double n) && double.IsFinite(n) => n.ToString(
                "R",
                System.Globalization.CultureInfo.InvariantCulture
            ),
            JsonValueKind.String => value.GetString(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };

    private static Problem Bad(string message) => new("bad-label", message);
}
