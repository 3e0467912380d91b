using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Core.Rollouts;

/// <summary>What a state wants done. Pure, so that a restart derives the same work from the same events.</summary>
public static class Effects
{
    /// <summary>Bound of a hold when the phase does not say.</summary>
    public static readonly TimeSpan DefaultHold = TimeSpan.FromMilliseconds(400);

    /// <summary>Everything that should be going on.</summary>
    public static IReadOnlyList<RolloutEffect> Of(RolloutState s)
    {
        if (SingleStack.Is(s.Plan))
        {
            return SingleStack.Effects(s);
        }

        if (!s.Open)
        {
            return s.KeepOldUntil is { } until
                ? [new RolloutEffect.KeepStack(s.From), new RolloutEffect.ForgetOld(until)]
                : [];
        }

        var effects = new List<RolloutEffect> { new RolloutEffect.KeepStack(s.From) };
        if (s.RollbackReason is not null)
        {
            // Dispatch-atomic: never wait for a sick release to drain.
            effects.Add(new RolloutEffect.KeepStack(s.Plan.To));
            effects.Add(new RolloutEffect.Move(new MoveTarget.Back(), DefaultHold, DrainMode.Dispatch, s.MoveFailures));
            return effects;
        }

        if (s.Status is RolloutStatus.Pending)
        {
            return effects;
        }

        if (s.Phase is not Phase.Verify)
        {
            effects.Add(new RolloutEffect.KeepStack(s.Plan.To));
        }

        if (s.BarPending)
        {
            // Like a rollback: before everything else, also while paused, and never waiting for a sick release.
            effects.Add(
                new RolloutEffect.Move(
                    MoveTarget.Shares.Of(s, s.Share),
                    DefaultHold,
                    DrainMode.Dispatch,
                    s.MoveFailures
                )
            );
            effects.Add(new RolloutEffect.Judge(s.PhaseIndex));
            return effects;
        }

        effects.AddRange(OfPhase(s));
        return effects;
    }

    /// <summary>Whether the active phase may not make its move before somebody approved.</summary>
    public static bool NeedsApproval(RolloutState s) =>
        s.Impact == Impact.High
        && s.ApprovedBy is null
        && !s.PhaseSettled
        && s.RollbackReason is null
        && TargetOf(s) is MoveTarget.Candidate or MoveTarget.Shares { Share.Parts: Share.Whole };

    /// <summary>
    /// Whether the active phase would bring everybody over while a segment is on stable alone: a person decides.
    /// </summary>
    public static bool NeedsReadmission(RolloutState s) =>
        s is { TakenBack.Count: > 0, PhaseSettled: false, RollbackReason: null } && TargetOf(s) is MoveTarget.Candidate;

    /// <summary>
    /// The next routing that the plan wants, whichever phase wants it, and that phase; null when none is left.
    /// </summary>
    public static (MoveTarget Target, Phase Phase)? NextMove(RolloutState s)
    {
        for (int i = FirstAhead(s); i < s.Plan.Phases.Count; i++)
        {
            if (TargetOf(s with { PhaseIndex = i, Tracks = [] }) is { } target && !Reached(s, target))
            {
                return (target, s.Plan.Phases[i]);
            }
        }

        return null;
    }

    /// <summary>
    /// The moves that the plan still wants, in order: the routing before each, the one after it, and its phase. Those
    /// that close the service are left out: they are an interruption, not a hold.
    /// </summary>
    /// <param name="s">The rollout.</param>
    /// <param name="inForce">The routing in force.</param>
    public static IEnumerable<(Routing Before, Routing After, Phase Phase)> MovesAhead(RolloutState s, Routing inForce)
    {
        Routing before = inForce;
        for (int i = FirstAhead(s); i < s.Plan.Phases.Count; i++)
        {
            RolloutState at = s with { PhaseIndex = i, Tracks = [] };
            if (TargetOf(at) is not { } target || at.Phase is Phase.Switch { Stack: StackUse.Single })
            {
                continue;
            }

            Routing after = target.RoutingFor(at);
            if (RoutingCodec.Same(before, after))
            {
                continue;
            }

            yield return (before, after, at.Phase);
            before = after;
            s = target switch
            {
                MoveTarget.Shares shares => s with { Share = shares.Share, SegmentShares = shares.Segments },
                MoveTarget.Candidate { AtOnce: true } => s with { Switched = true },
                _ => s,
            };
        }
    }

    /// <summary>The routing that the active phase wants; null for phases that move nothing.</summary>
    public static MoveTarget? TargetOf(RolloutState s) =>
        s.Tracks.Count > 0
            ? TargetOfTracks(s)
            : s.Phase switch
            {
                Phase.Shift { Segment: null } shift => MoveTarget.Shares.Of(s, Larger(s.Share, shift.Share)),
                Phase.Shift shift => MoveTarget.Shares.Of(s, s.Share) with
                {
                    Segments = With(s.SegmentShares, shift.Segment!, shift.Share),
                },
                Phase.Switch => new MoveTarget.Candidate(AtOnce: true),
                Phase.Retire => new MoveTarget.Candidate(AtOnce: s.Switched),
                _ => null,
            };

    // One move brings all segments as far as their own shifts say; who waits stays where it is.
    private static MoveTarget.Shares? TargetOfTracks(RolloutState s)
    {
        MoveTarget.Shares? target = null;
        foreach (Track track in s.Tracks.Where(t => t.Moves && !s.TakenBack.ContainsKey(t.Segment)))
        {
            var shift = (Phase.Shift)s.Plan.Phases[track.PhaseIndex];
            target ??= MoveTarget.Shares.Of(s, s.Share);
            target = target with { Segments = With(target.Segments, track.Segment, shift.Share) };
        }

        return target;
    }

    // With tracks some of the phases from the active one on are done already; their targets are in force.
    private static int FirstAhead(RolloutState s) =>
        s.PhaseSettled && s.Tracks.Count == 0 ? s.PhaseIndex + 1 : s.PhaseIndex;

    private static bool Reached(RolloutState s, MoveTarget target) =>
        s.Tracks.Count > 0 && target is MoveTarget.Shares shares && MoveTarget.Shares.Of(s, s.Share).Covers(shares);

    private static IEnumerable<RolloutEffect> OfPhase(RolloutState s)
    {
        bool forward = s.Status != RolloutStatus.Paused;

        // Starting and warming hurt nobody and go on; what verifies waits to be asked again, and nothing moves.
        bool agreed = forward && s.Disagreements.Count == 0;
        bool decided = forward && s is { WaitsForWindow: true, WishedShare: not null };
        switch (s.Phase)
        {
            case Phase.Verify when agreed:
                yield return new RolloutEffect.Verify();
                break;
            case Phase.Start start when forward:
                yield return new RolloutEffect.AwaitStack(s.Plan.To, start.Timeout);
                break;
            case Phase.Warm warm when forward:
                yield return new RolloutEffect.Warm(s.Plan.To, warm.Requests);
                break;
            case Phase.Shadow shadow:
                yield return new RolloutEffect.Mirror(s.Plan.To, shadow.Share) { Redraw = shadow.Redraw };
                yield return new RolloutEffect.Judge(s.PhaseIndex);
                break;
            case Phase.Bake:
                yield return new RolloutEffect.Judge(s.PhaseIndex);
                break;
            case Phase.Shift or Phase.Switch or Phase.Retire:
                // The plan's windows are for the plan's own moves; a share that a person sets waits for none.
                if ((agreed || decided) && Wanted(s) is { } move)
                {
                    yield return move;
                }

                if (s.Epoch > 0)
                {
                    yield return new RolloutEffect.Judge(s.PhaseIndex);
                }

                break;
            default:
                break;
        }
    }

    private static RolloutEffect.Move? Wanted(RolloutState s)
    {
        if (s.WishedShare is { } wished)
        {
            return new RolloutEffect.Move(MoveTarget.Shares.Of(s, wished), DefaultHold, Drain: null, s.MoveFailures);
        }

        bool behind =
            s.Tracks.Count == 0 && s.Phase is Phase.Shift { Segment: { } segment } && s.TakenBack.ContainsKey(segment);
        if (s.PhaseSettled || behind || TargetOf(s) is not { } target || NeedsApproval(s) || NeedsReadmission(s))
        {
            return null;
        }

        return s.Phase is Phase.Switch at
            ? new RolloutEffect.Move(target, at.Hold, at.Drain, s.MoveFailures)
            : new RolloutEffect.Move(target, DefaultHold, Drain: null, s.MoveFailures);
    }

    private static Share Larger(Share a, Share b) => a.Parts > b.Parts ? a : b;

    private static Dictionary<string, Share> With(IReadOnlyDictionary<string, Share> shares, string name, Share share)
    {
        var copy = shares.ToDictionary(StringComparer.Ordinal);
        copy[name] = Larger(copy.GetValueOrDefault(name), share);
        return copy;
    }
}
