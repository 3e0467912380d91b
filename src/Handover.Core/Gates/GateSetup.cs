using Handover.Core.Catalog;
using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Everything that shapes the tests of a rollout. Fixed before the first tick: a test whose margins, weights or metrics
/// change while data come in guarantees nothing.
/// </summary>
/// <param name="Plan">What is watched, with margins.</param>
/// <param name="Objectives">The service's absolute objectives.</param>
/// <param name="Restarts">When evidence of harm may start anew.</param>
public sealed record GateSetup(GatePlan Plan, Objectives Objectives, RestartPlan Restarts)
{
    /// <summary>Whether the plan has a shadow phase; paired tests then get a part of the weight.</summary>
    public bool Shadows { get; init; }

    /// <summary>
    /// Hash of the rules by which answers are compared; null where nothing is compared, or where the rollout began
    /// before this was kept.
    /// </summary>
    public string? Comparison { get; init; }

    /// <summary>
    /// Whether the loss of an answer is right or wrong (level 0 counts wrong answers) instead of a number that is
    /// compared with <see cref="LossThresholds"/>.
    /// </summary>
    public bool LossIsRate { get; init; }

    /// <summary>How old an answer must be before its loss counts; null counts it when its label arrives.</summary>
    public TimeSpan? LabelWindow { get; init; }
}
