namespace Handover.Protocol;

/// <summary>What a rollout did, for people who were not there.</summary>
/// <param name="Rollout">The rollout with all its events.</param>
/// <param name="Epochs">Every change of routing while it ran.</param>
/// <param name="DurationSeconds">From start to end, or to now while it is open.</param>
/// <param name="Summary">A few sentences in plain words.</param>
public sealed record RolloutReportView(
    RolloutView Rollout,
    IReadOnlyList<EpochView> Epochs,
    double DurationSeconds,
    IReadOnlyList<string> Summary
);
