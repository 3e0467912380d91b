using Handover.Core.Foundation;

namespace Handover.Core.Rollouts;

/// <summary>
/// What follows when one segment is harmed and may go back alone. It goes back by a move, as everything does; the
/// others go on, or wait, as the plan says. The rollout cannot end while a segment is left behind: a person decides.
/// </summary>
public static partial class Decider
{
    private static IReadOnlyList<RolloutEvent> OnSegmentHarmed(
        RolloutState s,
        RolloutCommand.SegmentHarmed c,
        DateTimeOffset now
    )
    {
        Pace? pace = s.Plan.Paces.FirstOrDefault(p => p.Alone && p.Segment == c.Segment);
        bool late =
            !s.Open
            || s.RollbackReason is not null
            || s.Switched
            || s.TakenBack.ContainsKey(c.Segment)
            || s.Readmitted.Contains(c.Segment);
        if (late || pace is null)
        {
            return Nothing;
        }

        var taken = new RolloutEvent.SegmentTakenBack(now, c.Segment, c.Verdict.Reasons[0]);
        return pace.WhenHarmed == WhenHarmed.Hold && s.Status == RolloutStatus.Running
            ? [taken, new RolloutEvent.HoldBegan(now, $"{c.Segment} went back alone: {c.Verdict.Reasons[0]}")]
            : [taken];
    }

    private static IReadOnlyList<RolloutEvent> OnLeftBehind(RolloutState s, DateTimeOffset now)
    {
        if (s.BarPending || s.WishedShare is not null)
        {
            return Nothing;
        }

        if (s.Phase is Phase.Shift { Segment: { } segment } && s.TakenBack.ContainsKey(segment))
        {
            return Complete(s, now, RolloutEvent.Engine, $"{segment} is on {s.From} alone");
        }

        return Effects.NeedsReadmission(s) ? [new RolloutEvent.HoldBegan(now, LeftBehind(s))] : Nothing;
    }

    // Like a rollback it is tried for as long as it takes, at growing distances: nothing else moves before it is made,
    // so a hold would protect nobody and only wait for a person once it is.
    private static string StillToBar(RolloutState s, string why)
    {
        string[] back = [.. s.TakenBack.Keys.Except(s.BarredInForce).Order(StringComparer.Ordinal)];
        string what =
            back.Length > 0
                ? $"{string.Join(", ", back)} could not go back to {s.From} yet"
                : "a segment could not be brought in again yet";
        return $"{what} ({why}); it is tried again by itself, and {s.From} takes everybody by: rollback";
    }

    private static string LeftBehind(RolloutState s) =>
        $"{string.Join(", ", s.Barred)} went back to {s.From} alone, and the next move would bring everybody over: "
        + "readmit, or roll back";

    private static Result<IReadOnlyList<RolloutEvent>> TakeBack(
        RolloutState s,
        RolloutCommand.TakeBack c,
        DateTimeOffset now
    )
    {
        if (!s.Plan.SegmentNames.Contains(c.Segment))
        {
            string known = s.Plan.SegmentNames.Count == 0 ? "none" : string.Join(", ", s.Plan.SegmentNames);
            return Conflict($"{s.Id} moves no segment {c.Segment}; it moves {known}.");
        }

        return s.Switched ? Conflict($"everybody is on {s.Plan.To} for good.") with { Fix = "Roll back all: abort." }
            : s.TakenBack.ContainsKey(c.Segment) ? Events()
            : Events(new RolloutEvent.SegmentTakenBack(now, c.Segment, $"{c.Reason} ({c.Actor})"));
    }

    private static Result<IReadOnlyList<RolloutEvent>> Readmit(
        RolloutState s,
        RolloutCommand.Readmit c,
        DateTimeOffset now
    )
    {
        if (!s.TakenBack.ContainsKey(c.Segment))
        {
            return Conflict($"{c.Segment} was not taken back alone in {s.Id}.");
        }

        if (s.BarPending)
        {
            return Conflict($"{s.Id} is about to move a segment.") with { Fix = "Ask again in a moment." };
        }

        var back = new RolloutEvent.SegmentReadmitted(now, c.Actor, c.Segment);
        return s is { Status: RolloutStatus.Holding, TakenBack.Count: 1 } && Effects.NeedsReadmission(s)
            ? Events(back, new RolloutEvent.HoldEnded(now, c.Actor))
            : Events(back);
    }
}
