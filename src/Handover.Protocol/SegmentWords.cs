using System.Globalization;

namespace Handover.Protocol;

/// <summary>What a segment saw as one line for people: the report and the terminal say it in the same words.</summary>
public static class SegmentWords
{
    private const int MostShares = 8;

    /// <summary>One line.</summary>
    public static string Line(SegmentSeenView seen)
    {
        string who = seen.Segment.Length > 0 ? $"Segment {seen.Segment}" : "Everybody else";
        string back = seen.TakenBack is { } why ? $"; taken back alone: {why}" : "";
        string waits = seen.Waits is { } wait ? $"; waits: {wait}" : "";
        string verdict = seen.Verdict is { } own ? $"; {own.Outcome}: {string.Join(", ", own.Reasons.Take(1))}" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{who}: {Shares(seen)}; candidate {seen.CandidateBad} bad of {seen.CandidateRequests}, stable {seen.StableBad} of {seen.StableRequests}{verdict}{waits}{back}"
        );
    }

    /// <summary>Its shares over time, the newest at the end.</summary>
    public static string Shares(SegmentSeenView seen)
    {
        IEnumerable<string> last = seen
            .Shares.TakeLast(MostShares)
            .Select(s =>
                string.Create(CultureInfo.InvariantCulture, $"{s.Share:0.###}% at {s.At.UtcDateTime:HH:mm:ss}")
            );
        string text = string.Join(", ", last);
        return text.Length == 0 ? "never any share"
            : seen.Shares.Count > MostShares ? $"..., {text}"
            : text;
    }
}
