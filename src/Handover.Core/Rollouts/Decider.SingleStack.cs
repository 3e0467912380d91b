namespace Handover.Core.Rollouts;

/// <summary>
/// What follows from the steps of a switch with one stack. An answer that belongs to a step that is no longer wanted
/// gives no event; whatever goes wrong on the way forward is a rollback, and on the way back it is tried again.
/// </summary>
public static partial class Decider
{
    private static IReadOnlyList<RolloutEvent> OnClosing(RolloutState s, RolloutCommand c, DateTimeOffset now)
    {
        if (!s.Open)
        {
            return Nothing;
        }

        bool back = s.RollbackReason is not null;
        return (c, s.Closed) switch
        {
            (RolloutCommand.StableMeasured m, null) when !back && s.StableP95Ms is null =>
            [
                new RolloutEvent.StableMeasured(now, m.P95Ms),
            ],
            (RolloutCommand.ClosingRefused r, null) when !back && s.Epoch == 0 =>
            [
                new RolloutEvent.Refused(now, r.Reasons),
            ],
            (RolloutCommand.StackStopped x, { } closed)
                when x.Release == SingleStack.Leaving(s) && closed.Stopped != x.Release =>
            [
                new RolloutEvent.StackStopped(now, x.Release),
            ],
            (RolloutCommand.StackReady r, { } closed)
                when (r.Release ?? s.Plan.To) == SingleStack.Entering(s) && Awaited(s, closed) => r.Findings.Count == 0
            || back
                ? [.. Freeze(s, r, now), new RolloutEvent.StackStarted(now, SingleStack.Entering(s))]
                : [Back(now, string.Join("; ", r.Findings))],
            (RolloutCommand.StackFailed f, { }) when (f.Release ?? s.Plan.To) == SingleStack.Entering(s) => back
                ? OnStableDown(s, f.Reason, now)
                : [Back(now, $"{s.Plan.To} does not start: {f.Reason}")],
            (RolloutCommand.Warmed w, { Warmed: false } closed) when !back && closed.Ready == s.Plan.To =>
                w.Refusals.Count == 0
                    ? [new RolloutEvent.Warmed(now, w.Summary) { Curve = w.Curve }]
                    : [Back(now, string.Join("; ", w.Refusals))],
            _ => Nothing,
        };
    }

    private static bool Awaited(RolloutState s, ClosedState closed) =>
        closed.Stopped == SingleStack.Leaving(s) && closed.Ready != SingleStack.Entering(s);

    // Nothing can be served: a person is told, and stable is started again and again meanwhile.
    private static IReadOnlyList<RolloutEvent> OnStableDown(RolloutState s, string reason, DateTimeOffset now)
    {
        var given = new RolloutEvent.MoveGivenUp(now, $"{s.From} does not start: {reason}");
        return s.Status == RolloutStatus.Running ? [given, new RolloutEvent.HoldBegan(now, given.Reason)] : [given];
    }

    private static RolloutEvent.RollbackDecided Back(DateTimeOffset now, string why) =>
        new(now, RolloutEvent.Engine, why);
}
