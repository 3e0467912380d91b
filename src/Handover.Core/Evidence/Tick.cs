using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// What was counted in a short time at one routing probability. Integers only, so that evidence merges by addition and
/// replays to the same verdict bit for bit. Units (entities), not requests: see <see cref="MetricTick"/>.
/// </summary>
/// <param name="At">End of the tick.</param>
/// <param name="CandidateShare">The routing probability stamped on the requests of this tick.</param>
/// <param name="CandidateRequests">Live inference requests that the candidate answered.</param>
/// <param name="StableRequests">Live inference requests that stable answered.</param>
/// <param name="Metrics">Counts per metric and level.</param>
public sealed record Tick(
    DateTimeOffset At,
    Share CandidateShare,
    long CandidateRequests,
    long StableRequests,
    IReadOnlyList<MetricTick> Metrics
)
{
    /// <summary>Paired results of shadowed requests in the same time.</summary>
    public IReadOnlyList<PairTick> Pairs { get; init; } = [];

    /// <summary>Entities seen for the first time in the rollout that the draw sent to the candidate.</summary>
    public long CandidateEntities { get; init; }

    /// <summary>Entities seen for the first time in the rollout that the draw left on stable.</summary>
    public long StableEntities { get; init; }

    /// <summary>Answers whose release contradicts the routing that was stamped on the request.</summary>
    public long Violations { get; init; }
}

/// <summary>
/// Counts of one metric. <paramref name="CandidateBad"/> and <paramref name="StableBad"/> count entities whose FIRST
/// bad event of this metric in the whole rollout fell into this tick, on whichever release it happened.
/// </summary>
/// <param name="Metric">E.g. <c>errors</c>, <c>latency</c>, <c>loss</c>.</param>
/// <param name="Level">Index of the threshold, for metrics that have several (latency, loss); else 0.</param>
/// <param name="CandidateBad">First bad events on the candidate.</param>
/// <param name="StableBad">First bad events on stable.</param>
/// <param name="CandidateUnits">
/// Requests on the candidate that could have been a first bad event: those of entities that were not bad before.
/// </param>
/// <param name="StableUnits">The same on stable.</param>
public readonly record struct MetricTick(
    string Metric,
    int Level,
    long CandidateBad,
    long StableBad,
    long CandidateUnits,
    long StableUnits
)
{
    /// <summary>
    /// All bad requests on the candidate, not only the first of each entity. Proving an objective counts these, so that
    /// an entity that fails again and again is not forgotten; 0 means "not counted apart".
    /// </summary>
    public long CandidateBadRequests { get; init; }

    /// <summary>All bad requests on stable.</summary>
    public long StableBadRequests { get; init; }

    /// <summary>
    /// Entities whose first answer of the whole rollout fell into this level, on the candidate. Each entity counts once
    /// over all levels of the metric, which comparing all bins together needs; 0 for metrics without bins.
    /// </summary>
    public long CandidateFirst { get; init; }

    /// <summary>The same on stable.</summary>
    public long StableFirst { get; init; }
}

/// <summary>Paired counts: both releases answered the same request.</summary>
/// <param name="Metric">E.g. <c>errors</c>, <c>loss</c>, <c>divergence</c>.</param>
/// <param name="CandidateOnly">Pairs in which only the candidate was bad (or the candidate was the worse one).</param>
/// <param name="StableOnly">Pairs in which only stable was bad (or stable was the worse one).</param>
/// <param name="Pairs">All pairs.</param>
public readonly record struct PairTick(string Metric, long CandidateOnly, long StableOnly, long Pairs)
{
    /// <summary>Pairs in which both were bad; null when they were not counted.</summary>
    public long? BothBad { get; init; }
}
