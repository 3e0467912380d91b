using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Core.Rollouts;

/// <summary>The routing that a rollout wants, in its own terms. A closed family of four.</summary>
public abstract record MoveTarget
{
    private MoveTarget() { }

    /// <summary>The document for this target.</summary>
    public abstract Routing RoutingFor(RolloutState state);

    /// <summary>Shares of the candidate: for everybody, and for segments.</summary>
    public sealed record Shares(Share Share, IReadOnlyDictionary<string, Share> Segments) : MoveTarget
    {
        /// <inheritdoc/>
        public override Routing RoutingFor(RolloutState state) =>
            new(state.Plan.Service, state.From)
            {
                Candidate = state.Plan.To,
                Salt = state.Plan.Salt,
                Share = Share,
                Segments =
                [
                    .. state
                        .Segments.Where(s => Segments.ContainsKey(s.Name))
                        .Select(s => new SegmentShare(s, Segments[s.Name])),
                ],
            };

        /// <inheritdoc/>
        public bool Equals(Shares? other) =>
            other is not null
            && Share == other.Share
            && Segments.Count == other.Segments.Count
            && Segments.All(s => other.Segments.TryGetValue(s.Key, out Share share) && share == s.Value);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(Share, Segments.Count);
    }

    /// <summary>Everybody on the candidate, which is the stable release from then on.</summary>
    /// <param name="AtOnce">Whether it is a switch (shown to callers) or the end of a gradual shift.</param>
    public sealed record Candidate(bool AtOnce) : MoveTarget
    {
        /// <inheritdoc/>
        public override Routing RoutingFor(RolloutState state) =>
            Routing.Only(state.Plan.Service, state.Plan.To, AtOnce);
    }

    /// <summary>Everybody back on the release that served when the rollout started.</summary>
    public sealed record Back : MoveTarget
    {
        /// <inheritdoc/>
        public override Routing RoutingFor(RolloutState state) => Routing.Only(state.Plan.Service, state.From);
    }

    /// <summary>
    /// Nobody is served: requests wait up to the service's bound and are then answered 503. The middle of a switch with
    /// one stack.
    /// </summary>
    /// <param name="Serving">The release that served until then.</param>
    public sealed record Closed(string Serving) : MoveTarget
    {
        /// <inheritdoc/>
        public override Routing RoutingFor(RolloutState state) =>
            Routing.Only(state.Plan.Service, Serving) with
            {
                Closed = true,
            };
    }
}
