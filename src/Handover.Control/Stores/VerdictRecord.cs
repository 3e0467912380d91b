using Handover.Core.Evidence;
using Handover.Core.Gates;

namespace Handover.Control.Stores;

/// <summary>
/// A change of a rollout's verdict with everything that it was derived from: whoever has this record and the ticks
/// before it can derive it again.
/// </summary>
/// <param name="Seq">Number within the rollout, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Ticks">How many ticks the gates had consumed.</param>
/// <param name="ConfigHash">Hash of everything that shapes the tests.</param>
/// <param name="Input">What the gates were asked with; holds the routing probability.</param>
/// <param name="Verdict">What they said.</param>
/// <param name="Counts">Counts per metric and level.</param>
/// <param name="Margins">The metrics and their margins.</param>
public sealed record VerdictRecord(
    long Seq,
    DateTimeOffset At,
    long Ticks,
    string ConfigHash,
    JudgeInput Input,
    Verdict Verdict,
    IReadOnlyList<GateCounts> Counts,
    IReadOnlyList<MetricGate> Margins
)
{
    /// <summary>The frozen latencies that count as slow; null before they were frozen.</summary>
    public LatencyThresholds? Latency { get; init; }

    /// <summary>The frozen losses that count as bad; null before they were frozen.</summary>
    public LossThresholds? Loss { get; init; }
}

/// <summary>What is kept of a rollout's evidence at one moment, in one transaction.</summary>
/// <param name="Checkpoint">Everything that is needed to go on.</param>
/// <param name="Setup">What the tests were set up with; kept once.</param>
/// <param name="FirstTick">Number of the first tick, from 1.</param>
/// <param name="Ticks">Ticks that were consumed since the last save.</param>
/// <param name="Verdict">The verdict, when it changed.</param>
internal sealed record EvidenceSave(
    string Checkpoint,
    string Setup,
    long FirstTick,
    IReadOnlyList<string> Ticks,
    VerdictRecord? Verdict
)
{
    /// <summary>Entities that were seen since the last save, by what they were seen at.</summary>
    public IReadOnlyDictionary<string, SeenPage> Seen { get; init; } = new Dictionary<string, SeenPage>();
}
