using Diamonds.Judge;

namespace Handover.Integration.Acceptance;

/// <summary>What the rollbacks cost.</summary>
internal sealed record RollbackReport(IReadOnlyList<Rollback> Rollbacks, Verdict Verdict)
{
    /// <summary>Times to the last answer of a candidate that served, in milliseconds, ascending.</summary>
    public double[] LastMs =>
        [
            .. Rollbacks
                .Where(r => RollbackSeries.Serving.Contains(r.Phase))
                .Select(r => r.Last.TotalMilliseconds)
                .Order(),
        ];

    /// <summary>The 99th percentile by nearest rank, so that it is a time that really was.</summary>
    public double P99 => Quantile(LastMs, 0.99);

    public string Line =>
        $"rollback: {Rollbacks.Count} rollbacks, requests {Verdict.Requests}, failed {Verdict.Failed}, "
        + $"mixed {Verdict.Mixed}, "
        + FormattableString.Invariant($"last answer of the candidate p50 {Quantile(LastMs, 0.5):0.0} ms, ")
        + FormattableString.Invariant($"p99 {P99:0.0} ms, max {LastMs[^1]:0.0} ms");

    public IEnumerable<string> Table()
    {
        yield return "  phase      n   last answer p50    p90    max ms   command answered p50    max ms";
        foreach (IGrouping<string, Rollback> phase in Rollbacks.GroupBy(r => r.Phase))
        {
            double[] last = [.. phase.Select(r => r.Last.TotalMilliseconds).Order()];
            double[] answered = [.. phase.Select(r => r.Answered.TotalMilliseconds).Order()];
            (double p50, double p90, double half) = (Quantile(last, 0.5), Quantile(last, 0.9), Quantile(answered, 0.5));
            yield return FormattableString.Invariant($"  {phase.Key, -7} {last.Length, 4} {p50, 17:0.0} {p90, 6:0.0} ")
                + FormattableString.Invariant($"{last[^1], 9:0.0} {half, 22:0.0} {answered[^1], 9:0.0}");
        }

        foreach (string example in Verdict.Examples)
        {
            yield return $"  note: {example}";
        }

        foreach ((string kind, long count) in Verdict.Failures)
        {
            yield return $"  note: failed: {kind} {count}";
        }
    }

    private static double Quantile(double[] ascending, double p) =>
        ascending.Length == 0 ? 0 : ascending[Math.Max(0, (int)Math.Ceiling(p * ascending.Length) - 1)];
}
