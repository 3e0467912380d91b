using Diamonds.Judge;

namespace Handover.Integration.Acceptance;

/// <summary>What the kills at failpoints came to, and whether it is what was promised.</summary>
internal sealed record FailpointReport(IReadOnlyList<string> Points, IReadOnlyList<string> Hits, Verdict Verdict)
{
    public required long Requests { get; init; }

    public required long Epochs { get; init; }

    public required long Gaps { get; init; }

    public required long Orphans { get; init; }

    public required long Unexplained { get; init; }

    /// <summary>Rollbacks that were decided.</summary>
    public required long Wished { get; init; }

    /// <summary>Those of them that were not carried out.</summary>
    public required IReadOnlyList<string> Undone { get; init; }

    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>What became of idempotency keys; null where none were sent.</summary>
    public KeyVerdict? Keys { get; init; }

    /// <summary>Points at which no kill was.</summary>
    public IReadOnlyList<string> Missed => [.. Points.Where(p => !Hits.Contains(p))];

    /// <summary>
    /// Everything that the invariants forbid: mixed answers (A1, A3, A6), keys decided twice or answered differently
    /// (A4), keys in doubt without a cause, epochs that are missing or twice (A9), rollbacks that did not happen (A11),
    /// and requests that failed for another reason than the kill (A5).
    /// </summary>
    public long Anomalies =>
        Verdict.Mixed
        + (Keys is { } keys ? keys.Twice + keys.Unequal + keys.Baseless : 0)
        + Gaps
        + Orphans
        + Unexplained
        + Undone.Count;

    /// <summary>The last line.</summary>
    public string Line =>
        $"chaos failpoints: {Hits.Count} kills at {Points.Count - Missed.Count} of {Points.Count} failpoints, "
        + $"{Anomalies} anomalies ({string.Join(", ", Points.Select(p => $"{p} {Hits.Count(h => h == p)}"))})";

    /// <summary>The table before it.</summary>
    public IEnumerable<string> Table()
    {
        yield return $"  requests {Requests}, failed {Verdict.Failed} "
            + $"({string.Join(", ", Verdict.Failures.Select(f => $"{f.Key} {f.Value}"))}), epochs {Epochs}";
        yield return $"  flips {Verdict.Flips}, mislabelled {Verdict.Mislabelled}, torn chains {Verdict.TornChains}, "
            + $"epoch gaps {Gaps}, orphans {Orphans}, unexplained failures {Unexplained}, "
            + $"rollbacks {Wished}, undone {Undone.Count}";
        if (Keys is { } keys)
        {
            yield return $"  keys {keys.Keys}, replayed {keys.Replayed}, unknown {keys.Unknown}, "
                + $"ran twice {keys.Twice}, unequal {keys.Unequal}, "
                + $"unknown without a lost answer {keys.Baseless}";
        }

        foreach (string note in Notes.Concat(Verdict.Examples).Concat(Undone.Select(u => $"undone: {u}")).Take(20))
        {
            yield return $"  note: {note}";
        }

        foreach (string point in Missed)
        {
            yield return $"  never hit: {point}";
        }
    }
}
