using System.Text;

namespace Handover.Core.Payloads;

/// <summary>
/// Splits a whole body of server-sent events into the data of its events, as the HTML standard says: lines end in CR,
/// LF or both, an empty line ends an event, several data lines are joined by LF, comments and other fields are
/// ignored, and an event that the body breaks off in the middle is not one.
/// </summary>
public static class ServerSentEvents
{
    /// <summary>Whether a body that should be one or the other is a stream of events, and no JSON document.</summary>
    public static bool Is(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> start = body.TrimStart(" \r\n\t"u8);
        return start.Length > 0 && start[0] is not ((byte)'{' or (byte)'[');
    }

    /// <summary>The data of each finished event, in order. A byte order mark at the start is skipped.</summary>
    public static IReadOnlyList<string> Data(ReadOnlySpan<byte> body)
    {
        string text = Encoding.UTF8.GetString(body);
        var events = new List<string>();
        var data = new StringBuilder();
        bool any = false;
        int at = text.StartsWith('\uFEFF') ? 1 : 0;
        while (at < text.Length)
        {
            int end = text.AsSpan(at).IndexOfAny('\r', '\n');
            if (end < 0)
            {
                break;
            }

            ReadOnlySpan<char> line = text.AsSpan(at, end);
            at += end + (text[at + end] == '\r' && at + end + 1 < text.Length && text[at + end + 1] == '\n' ? 2 : 1);
            if (line.IsEmpty)
            {
                if (any)
                {
                    events.Add(data.ToString());
                }

                data.Clear();
                any = false;
            }
            else if (line.StartsWith("data") && (line.Length == 4 || line[4] == ':'))
            {
                ReadOnlySpan<char> value = line.Length == 4 ? [] : line[5..];
                data.Append(any ? "\n" : "").Append(value.StartsWith(' ') ? value[1..] : value);
                any = true;
            }
        }

        return events;
    }
}
