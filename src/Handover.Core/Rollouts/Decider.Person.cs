using Handover.Core.Foundation;

namespace Handover.Core.Rollouts;

/// <summary>
/// What people may do in which state. A command that the state does not allow is a conflict with the reason.
/// </summary>
public static partial class Decider
{
    private static Result<IReadOnlyList<RolloutEvent>> OnPerson(RolloutState s, RolloutCommand c, DateTimeOffset now)
    {
        if (!s.Open)
        {
            return Conflict($"{s.Id} has ended ({s.Status}); start a new rollout.");
        }

        if (s.RollbackReason is not null)
        {
            return c is RolloutCommand.Rollback ? Events() : Conflict($"{s.Id} is being rolled back.");
        }

        return c switch
        {
            RolloutCommand.Rollback r => Events(new RolloutEvent.RollbackDecided(now, r.Actor, r.Reason)),
            RolloutCommand.Pause { Segment: not null } p => PauseTrack(s, p, now),
            RolloutCommand.Resume { Segment: not null } r => ResumeTrack(s, r, now),
            RolloutCommand.Pause when s.Closed is not null => Conflict(
                $"{s.Id} has closed the service, and a pause would keep it closed."
            ) with
            {
                Fix = "Take it back instead: handover rollback.",
            },
            RolloutCommand.Pause p => s.Status == RolloutStatus.Paused
                ? Events()
                : Events(new RolloutEvent.Paused(now, p.Actor)),
            RolloutCommand.Resume r => s.Status == RolloutStatus.Paused
                ? Events(new RolloutEvent.Resumed(now, r.Actor))
                : Conflict($"{s.Id} is not paused."),
            RolloutCommand.Approve a => Approve(s, a.Actor, now),
            RolloutCommand.SetShare set => SetShare(s, set, now),
            RolloutCommand.Promote promote => Promote(s, promote, now),
            RolloutCommand.TakeBack back => TakeBack(s, back, now),
            RolloutCommand.Readmit readmit => Readmit(s, readmit, now),
            RolloutCommand.Retry when s.Disagreements.Count > 0 => Conflict(
                $"{s.Id} waits for others, and goes on by itself: {s.Disagreements[0]}"
            ),
            RolloutCommand.Retry r when s.Status != RolloutStatus.Holding && s.OpenTracks.Any(t => t.NeedsPerson) =>
                Result([
                    .. s
                        .OpenTracks.Where(t => t.NeedsPerson)
                        .Select(t => new RolloutEvent.TrackGoes(now, r.Actor, t.Segment)),
                ]),
            RolloutCommand.Retry r => s.Status == RolloutStatus.Holding
                ? Events(new RolloutEvent.HoldEnded(now, r.Actor))
                : Conflict($"{s.Id} is not holding; there is nothing to retry."),
            _ => Invariant.Unreachable<Result<IReadOnlyList<RolloutEvent>>>($"no rule for {c.GetType().Name}"),
        };
    }

    private static Result<IReadOnlyList<RolloutEvent>> Approve(RolloutState s, string actor, DateTimeOffset now)
    {
        if (string.Equals(actor, s.StartedBy, StringComparison.Ordinal))
        {
            return Conflict($"{actor} started {s.Id} and can't approve it.") with
            {
                Code = "own-approval",
                Fix = "Ask somebody with an approver token of their own.",
            };
        }

        var approved = new RolloutEvent.Approved(now, actor);
        return s.Status == RolloutStatus.Holding && Effects.NeedsApproval(s)
            ? Events(approved, new RolloutEvent.HoldEnded(now, actor))
            : Events(approved);
    }

    private static Result<IReadOnlyList<RolloutEvent>> SetShare(
        RolloutState s,
        RolloutCommand.SetShare c,
        DateTimeOffset now
    )
    {
        if (s.Phase is not Phase.Shift)
        {
            return Conflict($"a share can be set in a shift phase; {s.Id} is in {s.Phase.Kind}.");
        }

        if (s.Status == RolloutStatus.Paused)
        {
            return Conflict($"{s.Id} is paused.") with { Fix = "Resume it first." };
        }

        if (c.Share.Parts < s.Share.Parts)
        {
            return Conflict($"a share only grows, so that no entity flips back; it is {s.Share} now.") with
            {
                Fix = "Use rollback to take entities back.",
            };
        }

        if (c.Share == Share.All && s.Impact == Catalog.Impact.High && s.ApprovedBy is null)
        {
            return Conflict("100% needs somebody else's approval: impact is high.");
        }

        return Events(new RolloutEvent.ShareWished(now, c.Actor, c.Share));
    }

    private static Result<IReadOnlyList<RolloutEvent>> Promote(
        RolloutState s,
        RolloutCommand.Promote c,
        DateTimeOffset now
    )
    {
        if (s.Status is RolloutStatus.Pending or RolloutStatus.Paused)
        {
            return Conflict($"{s.Id} is {s.Status}; it can't be promoted now.");
        }

        if (c.Full)
        {
            return s.Status == RolloutStatus.Holding && !Effects.NeedsApproval(s)
                ? Events(new RolloutEvent.PromotedFully(now, c.Actor), new RolloutEvent.HoldEnded(now, c.Actor))
                : Events(new RolloutEvent.PromotedFully(now, c.Actor));
        }

        if (s.WishedShare is { } wished)
        {
            return Conflict($"the share of {wished} that was asked for is not in force yet.");
        }

        if (s.Tracks.Count > 0)
        {
            return PromoteTrack(s, c, now);
        }

        if (c.Segment is not null && c.Segment != s.Plan.SegmentAt(s.PhaseIndex))
        {
            return NoTrack(s, c.Segment);
        }

        return s.PhaseSettled && s.Phase is Phase.Shadow or Phase.Shift or Phase.Switch or Phase.Bake
            ? Result(Complete(s, now, c.Actor, $"promoted by {c.Actor}"))
            : Conflict($"{s.Id} is in {s.Phase.Kind}, which can't be skipped.");
    }

    private static Problem Conflict(string message) => new("conflict", message);
}
