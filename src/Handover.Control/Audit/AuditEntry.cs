using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Handover.Control.Audit;

/// <summary>
/// One mutation. Its canonical bytes (RFC 8785: sorted names, no white space, shortest escapes; all values are strings
/// or whole numbers) are the line in the file and what the next entry's <see cref="Prev"/> is taken over.
/// </summary>
public sealed record AuditEntry
{
    /// <summary>The <see cref="Prev"/> of the first entry: SHA-256 of nothing.</summary>
    public const string Genesis = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>Number, from 1, without gaps.</summary>
    public required long Seq { get; init; }

    /// <summary>When, to the millisecond.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The token's name.</summary>
    public required string Who { get; init; }

    /// <summary>What was done, to what.</summary>
    public required string What { get; init; }

    /// <summary>Values before.</summary>
    public required IReadOnlyDictionary<string, string> Before { get; init; }

    /// <summary>Values after.</summary>
    public required IReadOnlyDictionary<string, string> After { get; init; }

    /// <summary>Why.</summary>
    public required string Why { get; init; }

    /// <summary>The request's id.</summary>
    public required string RequestId { get; init; }

    /// <summary>Hash of the entry before.</summary>
    public required string Prev { get; init; }

    /// <summary>The canonical bytes, without the end of line.</summary>
    public byte[] Canonical()
    {
        var text = new StringBuilder(256).Append("{\"after\":");
        Map(text, After);
        text.Append(",\"at\":");
        Quote(text, At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        text.Append(",\"before\":");
        Map(text, Before);
        text.Append(",\"prev\":");
        Quote(text, Prev);
        text.Append(",\"requestId\":");
        Quote(text, RequestId);
        text.Append(",\"seq\":").Append(Seq.ToString(CultureInfo.InvariantCulture)).Append(",\"what\":");
        Quote(text, What);
        text.Append(",\"who\":");
        Quote(text, Who);
        text.Append(",\"why\":");
        Quote(text, Why);
        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    /// <summary>Reads a line; null when it is not an entry.</summary>
    public static AuditEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(new ReadOnlySequence<byte>(line.ToArray()));
            JsonElement root = document.RootElement;
            return new AuditEntry
            {
                Seq = root.GetProperty("seq").GetInt64(),
                At = root.GetProperty("at").GetDateTimeOffset(),
                Who = root.GetProperty("who").GetString()!,
                What = root.GetProperty("what").GetString()!,
                Before = Map(root.GetProperty("before")),
                After = Map(root.GetProperty("after")),
                Why = root.GetProperty("why").GetString()!,
                RequestId = root.GetProperty("requestId").GetString()!,
                Prev = root.GetProperty("prev").GetString()!,
            };
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static Dictionary<string, string> Map(JsonElement json)
    {
        var map = new Dictionary<string, string>();
        foreach (JsonProperty property in json.EnumerateObject())
        {
            map[property.Name] = property.Value.GetString() ?? "";
        }

        return map;
    }

    private static void Map(StringBuilder text, IReadOnlyDictionary<string, string> map)
    {
        text.Append('{');
        bool first = true;
        foreach ((string key, string value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (!first)
            {
                text.Append(',');
            }

            first = false;
            Quote(text, key);
            text.Append(':');
            Quote(text, value);
        }

        text.Append('}');
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
