using Handover.Core.Foundation;

namespace Handover.Core.Rollouts;

/// <summary>Folds events into the state. Total: every event of the family has a meaning in every state.</summary>
public static partial class Evolver
{
    /// <summary>The state after the event; <paramref name="state"/> is null only before <c>Started</c>.</summary>
    public static RolloutState Evolve(RolloutState? state, RolloutEvent e)
    {
        if (e is RolloutEvent.Started started)
        {
            Invariant.Holds(state is null, "a rollout starts once");
            return Begin(started);
        }

        Invariant.Holds(state is not null, "a rollout's first event is that it started");
        return Apply(state, e) with { Version = state.Version + 1 };
    }

    private static RolloutState Begin(RolloutEvent.Started e) =>
        new()
        {
            Id = e.Id,
            Plan = e.Plan,
            From = e.From,
            StartedBy = e.Actor,
            StartedAt = e.At,
            PhaseEnteredAt = e.At,
            ProgressAt = e.At,
            Impact = e.Impact,
            Segments = e.Segments,
            DowntimeAllowed = e.DowntimeAllowed,
            Version = 1,
        };

    private static RolloutState Apply(RolloutState s, RolloutEvent e) =>
        e switch
        {
            RolloutEvent.PhaseEntered p when s.Plan.TracksAt(p.Index) is not null => OnTrack(s, p),
            RolloutEvent.TrackWaits or RolloutEvent.TrackGoes => OnTrack(s, e),
            RolloutEvent.PhaseCompleted p when s.Tracks.Count > 0 => OnTrack(s, p),
            RolloutEvent.PhaseEntered p => s with
            {
                Tracks = [],
                Status = Going(s),
                PhaseIndex = p.Index,
                PhaseEnteredAt = p.At,
                ProgressAt = p.At,
                PhaseSettled = false,
                MoveFailures = 0,
            },
            RolloutEvent.Settled => s with { PhaseSettled = true },
            RolloutEvent.Frozen f => s with
            {
                Frozen = new Dictionary<string, IReadOnlyDictionary<string, string>>(s.Frozen)
                {
                    [f.Release] = f.Artefacts,
                },
            },
            RolloutEvent.Moved m => AfterMove(s, m),
            RolloutEvent.MoveGivenUp m => s with { MoveFailures = s.MoveFailures + 1, Reasons = [m.Reason] },
            RolloutEvent.VerdictReached v => s with { Verdict = v.Verdict, Reasons = v.Verdict.Reasons },
            RolloutEvent.PhaseCompleted p => s with { Reasons = [p.Why] },
            RolloutEvent.HoldBegan h => s with { Status = RolloutStatus.Holding, Reasons = [h.Reason] },
            RolloutEvent.HoldEnded h => Renewed(s, h.At) with { Status = Going(s), MoveFailures = 0 },
            RolloutEvent.Paused p => s with { Status = RolloutStatus.Paused, Reasons = [p.Text] },
            RolloutEvent.Resumed r => Renewed(s, r.At) with { Status = Going(s) },
            RolloutEvent.AgreementLost or RolloutEvent.AgreementReached => Around(s, e),
            RolloutEvent.SegmentTakenBack or RolloutEvent.SegmentReadmitted => OfSegment(s, e),
            RolloutEvent.Approved a => s with { ApprovedBy = a.Actor },
            RolloutEvent.ShareWished w => s with { WishedShare = w.Share },
            RolloutEvent.PromotedFully => s with { PromoteFully = true },
            RolloutEvent.RollbackDecided r => s with
            {
                RollbackReason = r.Reason,
                Disagreements = [],
                WaitsForWindow = false,
                Reasons = [r.Reason],
                Status = RolloutStatus.Running,
                WishedShare = null,
                MoveFailures = 0,
            },
            RolloutEvent.Warmed w when s.Closed is null => s with { WarmCurve = w.Curve },
            RolloutEvent.Closed or RolloutEvent.StackStopped or RolloutEvent.StackStarted or RolloutEvent.Warmed =>
                InClosing(s, e),
            RolloutEvent.StableMeasured m => s with { StableP95Ms = m.P95Ms, ProgressAt = m.At },
            RolloutEvent.Interrupted i => s with
            {
                Reopened = null,
                Interruptions = [.. s.Interruptions, i.Interruption],
            },
            _ => End(s, e),
        };

    private static RolloutState InClosing(RolloutState s, RolloutEvent e)
    {
        s = s with { ProgressAt = e.At, MoveFailures = 0 };
        if (e is RolloutEvent.Closed c)
        {
            bool running = s.Status is RolloutStatus.Holding or RolloutStatus.Paused;
            return s with
            {
                Epoch = c.Epoch,
                Closed = new ClosedState(c.Serving, c.At),
                Status = running ? RolloutStatus.Running : s.Status,
            };
        }

        // The closing is recorded before anything stops or starts in it.
        Invariant.Holds(s.Closed is not null, "stacks stop and start only while the service is closed");
        ClosedState closed = s.Closed;
        return s with
        {
            WarmCurve = e is RolloutEvent.Warmed warmed ? warmed.Curve : s.WarmCurve,
            Closed = e switch
            {
                RolloutEvent.StackStopped x => closed with
                {
                    Stopped = x.Release,
                    Ready = closed.Ready == x.Release ? null : closed.Ready,
                    Warmed = false,
                },
                RolloutEvent.StackStarted x => closed with { Ready = x.Release },
                _ => closed with { Warmed = true },
            },
        };
    }

    private static RolloutState Open(RolloutState s, DateTimeOffset at) =>
        s.Closed is { } closed ? s with { Closed = null, Reopened = new Reopening(closed.At, at) } : s;

    // A move that takes a segment back, or brings it in again, is not the one that the phase waits for, and it does not
    // end the wait for a person.
    private static RolloutState AfterMove(RolloutState s, RolloutEvent.Moved m)
    {
        bool ofPhase = m.Barred.SequenceEqual(s.BarredInForce, StringComparer.Ordinal);
        RolloutState moved = Open(s, m.At) with
        {
            Epoch = m.Epoch,
            Share = m.Share,
            SegmentShares = m.SegmentShares,
            BarredInForce = m.Barred,
            Switched = m.Share == Share.All && m.Barred.Count == 0 && s.Phase is Phase.Switch or Phase.Retire,
            Status = s.Status == RolloutStatus.Holding && ofPhase ? Going(s) : s.Status,
            ProgressAt = m.At,
            PhaseSettled = s.PhaseSettled || (ofPhase && Settles(s.Phase, m)),
            // A move that was under way when the wish came may commit all the same; the wish stands.
            WishedShare = s.WishedShare is { } wished && wished.Parts > m.Share.Parts ? wished : null,
            MoveFailures = 0,
        };
        return s.Tracks.Count == 0 ? moved : Arrived(moved, m);
    }

    // What a person wished for settles no shift that wants more, or moves another segment.
    private static bool Settles(Phase phase, RolloutEvent.Moved m) =>
        phase is not Phase.Shift shift
        || (shift.Segment is { } segment ? m.SegmentShares.GetValueOrDefault(segment) : m.Share).Parts
            >= shift.Share.Parts;

    private static RolloutState OfSegment(RolloutState s, RolloutEvent e)
    {
        var back = s.TakenBack.ToDictionary(StringComparer.Ordinal);
        if (e is RolloutEvent.SegmentTakenBack taken)
        {
            back[taken.Segment] = taken.Reason;
            return s with { TakenBack = back, Reasons = [e.Text], ProgressAt = e.At, MoveFailures = 0 };
        }

        string segment = ((RolloutEvent.SegmentReadmitted)e).Segment;
        back.Remove(segment);
        return s with
        {
            TakenBack = back,
            Readmitted = [.. s.Readmitted, segment],
            Reasons = [e.Text],
            ProgressAt = e.At,
            MoveFailures = 0,
        };
    }

    private static RolloutState Around(RolloutState s, RolloutEvent e) =>
        e is RolloutEvent.AgreementLost lost
            ? s with
            {
                Disagreements = lost.Reasons,
                WaitsForWindow = lost.OnlyWindow,
                Reasons = lost.Reasons,
                Status = s.Status == RolloutStatus.Running ? RolloutStatus.Holding : s.Status,
            }
            : Renewed(s, e.At) with
            {
                Disagreements = [],
                WaitsForWindow = false,
                Reasons = [e.Text],
                Status = s.Status == RolloutStatus.Holding ? RolloutStatus.Running : s.Status,
            };

    // While all waited nobody could get on: the deadline counts from here, for each track too.
    private static RolloutState Renewed(RolloutState s, DateTimeOffset at) =>
        s with
        {
            ProgressAt = at,
            Tracks = [.. s.Tracks.Select(t => t with { ProgressAt = at })],
        };

    private static RolloutStatus Going(RolloutState s) =>
        s.Disagreements.Count == 0 ? RolloutStatus.Running : RolloutStatus.Holding;

    private static RolloutState End(RolloutState s, RolloutEvent e) =>
        e switch
        {
            RolloutEvent.RolledBack r => Open(s, r.At) with
            {
                Status = RolloutStatus.RolledBack,
                EndedAt = r.At,
                Share = Share.None,
                SegmentShares = new Dictionary<string, Share>(),
                Epoch = r.Epoch == 0 ? s.Epoch : r.Epoch,
            },
            RolloutEvent.Refused r => s with { Status = RolloutStatus.Refused, EndedAt = r.At, Reasons = r.Reasons },
            RolloutEvent.Failed f => s with { Status = RolloutStatus.Failed, EndedAt = f.At, Reasons = [f.Reason] },
            RolloutEvent.Succeeded x => s with
            {
                Status = RolloutStatus.Succeeded,
                EndedAt = x.At,
                KeepOldUntil = x.KeepUntil,
            },
            RolloutEvent.OldStopped => s with { KeepOldUntil = null },
            _ => Invariant.Unreachable<RolloutState>($"no fold for {e.GetType().Name}"),
        };
}
