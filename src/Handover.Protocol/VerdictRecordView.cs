namespace Handover.Protocol;

/// <summary>A change of a rollout's verdict, with what it was derived from.</summary>
public sealed record VerdictRecordView
{
    /// <summary>Number within the rollout, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How many ticks the gates had consumed.</summary>
    public required long Ticks { get; init; }

    /// <summary>Hash of everything that shapes the tests.</summary>
    public required string ConfigHash { get; init; }

    /// <summary>Routing probability of the candidate, in percent.</summary>
    public required double Share { get; init; }

    /// <summary>What the evidence said.</summary>
    public required VerdictView Verdict { get; init; }

    /// <summary>Each gate's own reading.</summary>
    public IReadOnlyList<GateView> Gates { get; init; } = [];

    /// <summary>Counts per metric and level.</summary>
    public IReadOnlyList<GateCountsView> Counts { get; init; } = [];

    /// <summary>Margins by metric, as ratios.</summary>
    public IReadOnlyDictionary<string, double> Margins { get; init; } = new Dictionary<string, double>();
}

/// <summary>Counts of one metric and level over the whole rollout, in entities.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Level">Index of the threshold or bin.</param>
/// <param name="CandidateBad">First bad events on the candidate.</param>
/// <param name="CandidateUnits">Requests on the candidate that could have been one.</param>
/// <param name="StableBad">First bad events on stable.</param>
/// <param name="StableUnits">Requests on stable that could have been one.</param>
public sealed record GateCountsView(
    string Metric,
    int Level,
    long CandidateBad,
    long CandidateUnits,
    long StableBad,
    long StableUnits
);

/// <summary>Whether the verdicts of a rollout come out the same when they are derived again.</summary>
/// <param name="Rollout">The rollout's id.</param>
/// <param name="Same">Whether every verdict is the same to the last bit.</param>
/// <param name="Ticks">Ticks that were replayed.</param>
/// <param name="Verdicts">Every verdict, oldest first.</param>
public sealed record RecomputationView(
    string Rollout,
    bool Same,
    long Ticks,
    IReadOnlyList<RecomputedVerdictView> Verdicts
);

/// <summary>One verdict and its recomputation.</summary>
/// <param name="Kept">What was kept and acted on.</param>
/// <param name="Again">What comes out again; null when ticks are missing.</param>
/// <param name="Same">Whether they are the same to the last bit.</param>
public sealed record RecomputedVerdictView(VerdictRecordView Kept, VerdictView? Again, bool Same);
