using System.Text;
using CsCheck;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Payloads;

/// <summary>Event streams, well made and not, read as a naive reading of the standard's steps reads them.</summary>
public sealed class ServerSentEventsProperties
{
    private static readonly Gen<string> Line = OneOf(
        "data: a",
        "data:b",
        "data",
        "data:",
        "data:  two spaces",
        "data: {\"x\":1}",
        "data : not the field",
        "datum: no",
        ": a comment",
        ":",
        "event: message",
        "id: 7",
        "retry: 10",
        "",
        "",
        "naïve – ü",
        "data: naïve – ü"
    );

    private static readonly Gen<string> Ends = OneOf("\n", "\r", "\r\n");

    private static readonly Gen<string> Body = Gen.Select(
        Line.Array[0, 20],
        Ends.Array[20, 20],
        Gen.Bool,
        (lines, ends, mark) => (mark ? "\uFEFF" : "") + string.Concat(lines.Select((l, i) => l + ends[i]))
    );

    [Fact]
    public void Any_stream_reads_as_the_standards_steps_say() =>
        Body.Sample(body => Assert.Equal(Naive(body), ServerSentEvents.Data(Encoding.UTF8.GetBytes(body))));

    [Fact]
    public void A_stream_that_is_cut_tells_only_events_that_the_whole_one_tells() =>
        Gen.Select(Body, Gen.Double[0, 1])
            .Sample(
                (body, part) =>
                {
                    byte[] bytes = Encoding.UTF8.GetBytes(body);
                    IReadOnlyList<string> whole = ServerSentEvents.Data(bytes);
                    IReadOnlyList<string> cut = ServerSentEvents.Data(bytes.AsSpan(0, (int)(bytes.Length * part)));
                    Assert.Equal(whole.Take(cut.Count), cut);
                }
            );

    private static Gen<string> OneOf(params string[] all) => Gen.Int[0, all.Length - 1].Select(i => all[i]);

    // HTML standard, 9.2.6: lines, then fields, then dispatch at an empty line; what is left at the end is discarded.
    private static List<string> Naive(string body)
    {
        string text = body.StartsWith('\uFEFF') ? body[1..] : body;
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n')[..^1];
        var events = new List<string>();
        var data = new List<string>();
        foreach (string line in lines)
        {
            if (line.Length == 0)
            {
                if (data.Count > 0)
                {
                    events.Add(string.Join('\n', data));
                }

                data.Clear();
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string field = colon < 0 ? line : line[..colon];
            string value = colon < 0 ? "" : line[(colon + 1)..];
            if (field == "data")
            {
                data.Add(value.StartsWith(' ') ? value[1..] : value);
            }
        }

        return events;
    }
}
