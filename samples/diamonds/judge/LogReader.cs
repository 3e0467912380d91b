using System.Globalization;
using System.Text.Json;

namespace Diamonds.Judge;

/// <summary>
/// Reads the logs. Model servers print other things too, and a killed process leaves half a line; what is not a record
/// is counted and passed over.
/// </summary>
public sealed class LogReader
{
    /// <summary>Lines that were not records.</summary>
    public long Ignored { get; private set; }

    /// <summary>The lines of a file that somebody may still be writing.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var text = new StreamReader(file);
        while (text.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    /// <summary>Requests in a client's log.</summary>
    public IEnumerable<ClientLine> Client(IEnumerable<string> lines) =>
        Records(
            lines,
            json =>
                json.TryGetProperty("status", out JsonElement status) && status.TryGetInt32(out int code)
                    ? new ClientLine(
                        Text(json, "requestId"),
                        Text(json, "service") ?? "",
                        Text(json, "entity"),
                        Text(json, "release"),
                        code,
                        Text(json, "outcome") ?? "",
                        Text(json, "reason"),
                        Text(json, "key"),
                        json.TryGetProperty("price", out JsonElement p) && p.ValueKind == JsonValueKind.Number
                            ? p.GetDouble()
                            : null,
                        Text(json, "code")
                    )
                    : null
        );

    /// <summary>Requests in a model server's log.</summary>
    public IEnumerable<ModelLine> Model(IEnumerable<string> lines) =>
        Records(
            lines,
            json =>
                Text(json, "requestId") is { } id && Text(json, "release") is { } release && Time(json, "at") is { } at
                    ? new ModelLine(
                        at,
                        id,
                        release,
                        Text(json, "purpose")?.ToLowerInvariant() ?? "live",
                        json.TryGetProperty("status", out JsonElement s) && s.TryGetInt32(out int code) ? code : 0,
                        Text(json, "key")?.Trim('"')
                    )
                    : null
        );

    /// <summary>
    /// The windows of a list of rollouts: objects with <c>from</c>, <c>to</c>, <c>startedAt</c>, <c>endedAt</c> and,
    /// where it was taken back, <c>rolledBackAt</c> or the state <c>rolledBack</c>. A rollout lets an entity go forth
    /// once; one that was taken back lets it return once. A rollout that has not ended is open to the end of time.
    /// </summary>
    public static IReadOnlyList<MoveWindow> Windows(string rollouts)
    {
        using JsonDocument json = JsonDocument.Parse(rollouts);
        JsonElement list =
            json.RootElement.ValueKind == JsonValueKind.Object
                ? json.RootElement.GetProperty("items")
                : json.RootElement;
        var windows = new List<MoveWindow>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            string from = Text(item, "from") ?? throw new JsonException("A rollout has no 'from'.");
            string to = Text(item, "to") ?? throw new JsonException("A rollout has no 'to'.");
            string service = Text(item, "service") ?? "";
            DateTimeOffset start = Time(item, "startedAt") ?? DateTimeOffset.MinValue;
            DateTimeOffset end = Time(item, "endedAt") ?? DateTimeOffset.MaxValue;
            DateTimeOffset? back = Time(item, "rolledBackAt");
            windows.Add(new MoveWindow(from, to, start, end, service));
            if (back is not null || Text(item, "state") == "rolledBack")
            {
                windows.Add(new MoveWindow(to, from, back ?? start, end, service));
            }
        }

        return windows;
    }

    private IEnumerable<T> Records<T>(IEnumerable<string> lines, Func<JsonElement, T?> read)
        where T : class
    {
        foreach (string line in lines)
        {
            if (Read(line, read) is { } record)
            {
                yield return record;
            }
            else if (line.Length > 0)
            {
                Ignored++;
            }
        }
    }

    private static T? Read<T>(string line, Func<JsonElement, T?> read)
        where T : class
    {
        // A supervisor may put its own prefix before what a process printed.
        int brace = line.IndexOf('{', StringComparison.Ordinal);
        if (brace < 0)
        {
            return null;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(line.AsMemory(brace));
            return json.RootElement.ValueKind == JsonValueKind.Object ? read(json.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static DateTimeOffset? Time(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out JsonElement value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt64(out long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms),
            JsonValueKind.String
                when DateTimeOffset.TryParse(
                    value.GetString(),
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal,
                    out DateTimeOffset at
                ) => at,
            _ => null,
        };
    }
}
