using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// A tick as one short line of text. What the gates consumed is kept in this form, so that anyone can derive every
/// verdict again from it.
/// </summary>
public static class TickCodec
{
    private const string Format = "t2";

    // Without the first answers per bin; rollouts that began with it go on.
    private const string Older = "t1";

    /// <summary>Writes a tick.</summary>
    public static string Write(Tick tick)
    {
        var to = new StateWriter();
        to.Word(Format);
        to.Write(tick.At.UtcTicks);
        to.Write((long)tick.CandidateShare.Parts);
        to.Write(tick.CandidateRequests);
        to.Write(tick.StableRequests);
        to.Write(tick.CandidateEntities);
        to.Write(tick.StableEntities);
        to.Write(tick.Violations);
        to.Write((long)tick.Metrics.Count);
        foreach (MetricTick metric in tick.Metrics)
        {
            to.Word(metric.Metric);
            to.Write((long)metric.Level);
            to.Write(metric.CandidateBad);
            to.Write(metric.StableBad);
            to.Write(metric.CandidateUnits);
            to.Write(metric.StableUnits);
            to.Write(metric.CandidateBadRequests);
            to.Write(metric.StableBadRequests);
            to.Write(metric.CandidateFirst);
            to.Write(metric.StableFirst);
        }

        to.Write((long)tick.Pairs.Count);
        foreach (PairTick pair in tick.Pairs)
        {
            to.Word(pair.Metric);
            to.Write(pair.CandidateOnly);
            to.Write(pair.StableOnly);
            to.Write(pair.Pairs);
            to.Write(pair.BothBad ?? -1);
        }

        return to.ToString();
    }

    /// <summary>Reads what <see cref="Write"/> wrote; a problem when the line is damaged.</summary>
    public static Result<Tick> Read(string line)
    {
        var from = new StateReader(line);
        string format = from.Word();
        long at = from.ReadLong();
        long share = from.ReadLong();
        long[] counts = [.. Enumerable.Range(0, 5).Select(_ => from.ReadLong())];
        var metrics = new List<MetricTick>();
        for (long left = from.ReadLong(); left > 0 && !from.Failed; left--)
        {
            metrics.Add(ReadMetric(from, firsts: format == Format));
        }

        var pairs = new List<PairTick>();
        for (long left = from.ReadLong(); left > 0 && !from.Failed; left--)
        {
            pairs.Add(ReadPair(from));
        }

        bool inRange =
            at >= 0
            && at <= DateTimeOffset.MaxValue.UtcTicks
            && share is >= 0 and <= Share.Whole
            && metrics.TrueForAll(m => m.Level is >= 0 and < 64 && Positive(m));
        if (format is not (Format or Older) || from.Failed || !from.AtEnd || !inRange)
        {
            return new Problem("tick-damaged", "A stored tick is cut off or damaged.");
        }

        return new Tick(new DateTimeOffset(at, TimeSpan.Zero), new Share((int)share), counts[0], counts[1], metrics)
        {
            Pairs = pairs,
            CandidateEntities = counts[2],
            StableEntities = counts[3],
            Violations = counts[4],
        };
    }

    private static bool Positive(MetricTick m) =>
        m is { CandidateBad: >= 0, StableBad: >= 0, CandidateFirst: >= 0, StableFirst: >= 0 };

    private static MetricTick ReadMetric(StateReader from, bool firsts) =>
        new(
            from.Word(),
            (int)Math.Clamp(from.ReadLong(), -1, 64),
            from.ReadLong(),
            from.ReadLong(),
            from.ReadLong(),
            from.ReadLong()
        )
        {
            CandidateBadRequests = from.ReadLong(),
            StableBadRequests = from.ReadLong(),
            CandidateFirst = firsts ? from.ReadLong() : 0,
            StableFirst = firsts ? from.ReadLong() : 0,
        };

    private static PairTick ReadPair(StateReader from)
    {
        var pair = new PairTick(from.Word(), from.ReadLong(), from.ReadLong(), from.ReadLong());
        long both = from.ReadLong();
        return both < 0 ? pair : pair with { BothBad = both };
    }
}
