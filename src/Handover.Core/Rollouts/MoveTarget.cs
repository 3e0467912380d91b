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

    /// <summary>
    /// The document for this target where <paramref name="inForce"/> is in force. A move may have committed and not be
    /// recorded yet (its answer was lost, or a wish took its place), so the state alone does not say who has moved.
    /// </summary>
    public virtual Routing RoutingFor(RolloutState state, Routing inForce) => RoutingFor(state);

    /// <summary>What was reached when <paramref name="committed"/> is in force.</summary>
    public virtual MoveTarget Reached(Routing committed) => this;

    /// <summary>Shares of the candidate: for everybody, and for segments.</summary>
    public sealed record Shares(Share Share, IReadOnlyDictionary<string, Share> Segments) : MoveTarget
    {
        /// <summary>Segments that are on stable alone, in a fixed order.</summary>
        public IReadOnlyList<string> Barred { get; init; } = [];

        /// <summary>What a rollout has, with this share of everybody.</summary>
        public static Shares Of(RolloutState s, Share share) => new(share, s.SegmentShares) { Barred = s.Barred };

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
                        .Segments.Where(s => Segments.ContainsKey(s.Name) || Barred.Contains(s.Name))
                        .Select(s => new SegmentShare(s, Segments.GetValueOrDefault(s.Name))
                        {
                            Barred = Barred.Contains(s.Name),
                        }),
                ],
            };

        /// <summary>Shares only grow within a rollout: a smaller wish takes nobody back.</summary>
        public override Routing RoutingFor(RolloutState state, Routing inForce)
        {
            bool same =
                inForce.Candidate == state.Plan.To && inForce.Stable == state.From && inForce.Salt == state.Plan.Salt;
            if (same)
            {
                return Larger(inForce).RoutingFor(state);
            }

            // A move that brought everybody over may have committed without the rollout having heard of it.
            bool over = inForce.Candidate is null && inForce.Stable == state.Plan.To;
            return (over ? this with { Share = Share.All } : this).RoutingFor(state);
        }

        /// <inheritdoc/>
        public override MoveTarget Reached(Routing committed) =>
            Larger(committed) with
            {
                Barred =
                [
                    .. committed
                        .Segments.Where(s => s.Barred)
                        .Select(s => s.Segment.Name)
                        .Order(StringComparer.Ordinal),
                ],
            };

        /// <summary>Whether everybody whom the other takes is taken, and the same segments stay behind.</summary>
        public bool Covers(Shares other) =>
            Barred.SequenceEqual(other.Barred, StringComparer.Ordinal)
            && Share.Parts >= other.Share.Parts
            && other.Segments.All(s => Segments.TryGetValue(s.Key, out Share share) && share.Parts >= s.Value.Parts);

        private Shares Larger(Routing than)
        {
            var segments = Segments.ToDictionary(StringComparer.Ordinal);
            foreach (SegmentShare segment in than.Segments)
            {
                Share mine = segments.GetValueOrDefault(segment.Segment.Name);
                segments[segment.Segment.Name] = mine.Parts > segment.Share.Parts ? mine : segment.Share;
            }

            return new Shares(Share.Parts > than.Share.Parts ? Share : than.Share, segments) { Barred = Barred };
        }

        /// <inheritdoc/>
        public bool Equals(Shares? other) =>
            other is not null
            && Share == other.Share
            && Segments.Count == other.Segments.Count
            && Barred.SequenceEqual(other.Barred, StringComparer.Ordinal)
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
