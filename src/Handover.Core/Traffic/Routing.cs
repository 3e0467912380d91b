using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Traffic;

/// <summary>
/// Who goes where: the immutable routing document of a service. Each epoch has exactly one. It carries everything that
/// <see cref="Assignment"/> needs, segment rules included, so that an epoch means the same on every gateway for ever.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Stable">The release that serves everybody who is not moved.</param>
public sealed record Routing(string Service, string Stable)
{
    /// <summary>The release that a rollout is bringing in; null when there is none.</summary>
    public string? Candidate { get; init; }

    /// <summary>Seed of the draw; the same salt reaches the same entities again.</summary>
    public string Salt { get; init; } = "";

    /// <summary>Share of all entities that the candidate serves.</summary>
    public Share Share { get; init; } = Share.None;

    /// <summary>Segments with shares of their own. An entity that matches several belongs to the first and
    /// gets the largest share.</summary>
    public IReadOnlyList<SegmentShare> Segments { get; init; } = [];

    /// <summary>
    /// Closed: requests are held up to the service's bound and then answered 503. The middle of a single-stack cutover.
    /// </summary>
    public bool Closed { get; init; }

    /// <summary>Why everybody is on stable; shown to callers as <c>Handover-Reason</c>.</summary>
    public bool Switched { get; init; }

    /// <summary>Everybody on one release, nothing else.</summary>
    public static Routing Only(string service, string release, bool switched = false) =>
        new(service, release) { Switched = switched };

    /// <summary>The releases that may answer under this document.</summary>
    public IEnumerable<string> Releases =>
        Candidate is null || string.Equals(Candidate, Stable, StringComparison.Ordinal)
            ? [Stable]
            : [Stable, Candidate];
}

/// <summary>A segment's own share.</summary>
/// <param name="Segment">The segment, rule included.</param>
/// <param name="Share">Share of the segment's entities that the candidate serves.</param>
public sealed record SegmentShare(Segment Segment, Share Share)
{
    /// <summary>
    /// Whether its entities are on stable whatever other shares say: the segment was taken back alone. The share is
    /// kept, so that the same entities come back if it is brought in again.
    /// </summary>
    public bool Barred { get; init; }
}
