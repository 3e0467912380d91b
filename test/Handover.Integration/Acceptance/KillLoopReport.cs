using Diamonds.Judge;

namespace Handover.Integration.Acceptance;

/// <summary>What the kill loop found, and whether it is what was promised.</summary>
internal sealed record KillLoopReport(
    IReadOnlyList<KillRecord> Kills,
    Verdict Verdict,
    long Requests,
    long Epochs,
    long Gaps,
    long Orphans,
    long Unexplained,
    IReadOnlyList<string> Notes
)
{
    private static readonly string[] Phases =
    [
        "verify",
        "start",
        "warm",
        "shadow",
        "shift",
        "switch",
        "bake",
        "retire",
    ];

    /// <summary>Kills while the store said that a move is open.</summary>
    public int Holding => Kills.Count(k => k.Holding);

    /// <summary>Phases in which no kill was.</summary>
    public IReadOnlyList<string> Missed => MissedIn(Kills);

    /// <summary>Phases in which none of the kills was.</summary>
    public static IReadOnlyList<string> MissedIn(IReadOnlyList<KillRecord> kills) =>
        [.. Phases.Where(p => !kills.Any(k => k.Phase == p))];

    /// <summary>Nothing lost, whatever the number of kills.</summary>
    public bool Clean => Gaps == 0 && Orphans == 0 && Unexplained == 0 && Verdict is { Mixed: 0 };

    /// <summary>The last line.</summary>
    public string Line =>
        $"chaos: {Kills.Count} kills, {Holding} while holding, phases {PhaseText}, {Orphans} orphans, "
        + $"{Gaps} epoch gaps, {Verdict.Flips} flips, {Unexplained} unexplained failures";

    /// <summary>The table before it.</summary>
    public IEnumerable<string> Table()
    {
        double[] down = [.. Kills.Select(k => (k.Reopened - k.At).TotalMilliseconds).Order()];
        yield return $"  requests {Requests}, failed {Verdict.Failed} "
            + $"({string.Join(", ", Verdict.Failures.Select(f => $"{f.Key} {f.Value}"))}), "
            + $"mislabelled {Verdict.Mislabelled}, torn chains {Verdict.TornChains}, epochs {Epochs}";
        yield return $"  port closed after a kill: median {down[down.Length / 2]:0} ms, longest {down[^1]:0} ms";
        foreach (string note in Notes.Concat(Verdict.Examples).Take(20))
        {
            yield return $"  note: {note}";
        }
    }

    private string PhaseText => string.Join(" ", Phases.Select(p => $"{p} {Kills.Count(k => k.Phase == p)}"));
}
