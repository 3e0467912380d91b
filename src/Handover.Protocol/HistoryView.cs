namespace Handover.Protocol;

/// <summary>Which release served a service when, and the rollouts that did it.</summary>
/// <param name="Service">The service.</param>
/// <param name="Epochs">Every change of routing, oldest first.</param>
/// <param name="Rollouts">Its rollouts, newest first, without their events.</param>
public sealed record HistoryView(string Service, IReadOnlyList<EpochView> Epochs, IReadOnlyList<RolloutView> Rollouts);

/// <summary>One change of routing, or an attempt at one.</summary>
/// <param name="Epoch">The epoch after it.</param>
/// <param name="Action"><c>create</c>, <c>begin</c>, <c>commit</c>, <c>abort</c> or <c>resolve</c>.</param>
/// <param name="At">When, by the store's clock.</param>
/// <param name="Actor">Who.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="Stable">The stable release after it.</param>
/// <param name="Candidate">The candidate after it; null when there is none.</param>
/// <param name="Share">Percent of all entities that the candidate serves after it.</param>
public sealed record EpochView(
    long Epoch,
    string Action,
    DateTimeOffset At,
    string Actor,
    string Reason,
    string Stable,
    string? Candidate,
    double Share
);
