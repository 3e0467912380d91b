using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>
/// What follows from a command: events, or a problem when the state does not allow it. Pure: the same state, command
/// and time give the same events on every machine. Results of effects that no longer matter give no events.
/// </summary>
public static partial class Decider
{
    private static readonly IReadOnlyList<RolloutEvent> Nothing = [];

    /// <summary>After so many failed moves in a row a person is told; the engine keeps trying.</summary>
    public const int MoveFailuresBeforeHold = 3;

    /// <summary>Decides. <paramref name="s"/> is null only for <c>Begin</c>.</summary>
    public static Result<IReadOnlyList<RolloutEvent>> Decide(RolloutState? s, RolloutCommand c, DateTimeOffset now)
    {
        if (c is RolloutCommand.Begin begin)
        {
            Invariant.Holds(s is null, "a rollout begins once");
            var started = new RolloutEvent.Started(
                now,
                begin.Actor,
                begin.Id,
                begin.Plan,
                begin.From,
                begin.Impact,
                begin.Segments
            )
            {
                DowntimeAllowed = begin.DowntimeAllowed,
            };
            return begin.Artefacts.Count == 0
                ? Events(started)
                : Events(started, new RolloutEvent.Frozen(now, begin.From, begin.Artefacts));
        }

        Invariant.Holds(s is not null, "a rollout begins first");
        return c switch
        {
            RolloutCommand.Tick => Result(OnTick(s, now)),
            RolloutCommand.Judged judged => Result(
                judged.Segment is { } own
                    ? OnTrackJudged(s, own, judged.Verdict, now)
                    : OnJudged(s, judged.Verdict, now)
            ),
            RolloutCommand.SegmentHarmed harmed => Result(OnSegmentHarmed(s, harmed, now)),
            RolloutCommand.MoveCommitted moved => Result(OnMoved(s, moved, now)),
            RolloutCommand.MoveFailed failed => Result(OnMoveFailed(s, failed, now)),
            RolloutCommand.OldStopped => s.KeepOldUntil is null
                ? Result(Nothing)
                : Events(new RolloutEvent.OldStopped(now)),
            RolloutCommand.InterruptionMeasured measured => s.Reopened is null
                ? Result(Nothing)
                : Events(new RolloutEvent.Interrupted(now, measured.Interruption)),
            _ when SingleStack.Answers(s, c) => Result(OnClosing(s, c, now)),
            // The answer to a step that no state of this rollout asks for: somebody else's, or too late.
            RolloutCommand.StackStopped or RolloutCommand.StableMeasured or RolloutCommand.ClosingRefused => Result(
                Nothing
            ),
            // Whoever disagrees must not stop the check of declarations, which may refuse: its answer tells of both.
            RolloutCommand.Agreed { Found.Count: > 0 } when s is { Phase: Phase.Verify, Disagreements.Count: 0 } =>
                Result(Nothing),
            RolloutCommand.Agreed agreed => Result(OnAgreed(s, agreed.Found, now)),
            RolloutCommand.Verified { Refusals.Count: 0, Awaited.Count: > 0 } v when s.Phase is Phase.Verify => Result(
                OnAgreed(s, v.Awaited, now)
            ),
            RolloutCommand.Verified
            or RolloutCommand.StackReady
            or RolloutCommand.StackFailed
            or RolloutCommand.Warmed => Result(OnPrepared(s, c, now)),
            _ => OnPerson(s, c, now),
        };
    }

    private static IReadOnlyList<RolloutEvent> OnTick(RolloutState s, DateTimeOffset now)
    {
        if (s.Status == RolloutStatus.Pending)
        {
            return Enter(s, 0, now);
        }

        if (s is { Open: true, RollbackReason: null } && SingleStack.ClosedTooLong(s, now) is { } tooLong)
        {
            return [new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, tooLong)];
        }

        if (!s.Open || s.RollbackReason is not null)
        {
            return Nothing;
        }

        if (s.Status != RolloutStatus.Running)
        {
            return WaitedTooLong(s, now);
        }

        if (Effects.NeedsApproval(s))
        {
            return [new RolloutEvent.HoldBegan(now, "needs somebody else's approval: impact is high")];
        }

        if (s.Tracks.Count > 0)
        {
            return OnTracks(s, now);
        }

        if (s.TakenBack.Count > 0 && OnLeftBehind(s, now) is { Count: > 0 } behind)
        {
            return behind;
        }

        if (s.PromoteFully && s.AllInForce && s.Phase is Phase.Shadow or Phase.Shift or Phase.Bake or Phase.Switch)
        {
            return Complete(s, now, RolloutEvent.Engine, "promoted to the end");
        }

        if (now - s.ProgressAt <= s.Plan.Deadline)
        {
            return Nothing;
        }

        string late = $"no progress in phase {s.Phase.Kind} for {s.Plan.Deadline}";
        return Overdue(s, late, now, why => Complete(s, now, RolloutEvent.Engine, why))
            ?? [new RolloutEvent.HoldBegan(now, late)];
    }

    // What the plan says of a deadline that has passed; null when it is to wait for a person.
    private static IReadOnlyList<RolloutEvent>? Overdue(
        RolloutState s,
        string late,
        DateTimeOffset now,
        Func<string, IReadOnlyList<RolloutEvent>> goOn
    ) =>
        s.Plan.WhenInconclusive switch
        {
            Inconclusive.Rollback => [new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, late)],
            Inconclusive.Promote when s.AllInForce => goOn($"{late}; promoted without a verdict"),
            _ => null,
        };

    private static IReadOnlyList<RolloutEvent> OnJudged(RolloutState s, Verdict verdict, DateTimeOffset now)
    {
        if (!s.Open || s.RollbackReason is not null)
        {
            return Nothing;
        }

        var events = new List<RolloutEvent>();
        if (s.Verdict?.Outcome != verdict.Outcome || verdict.Outcome == Outcome.RollBack)
        {
            events.Add(new RolloutEvent.VerdictReached(now, verdict));
        }

        if (verdict.Outcome == Outcome.RollBack)
        {
            events.Add(new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, verdict.Reasons[0]));
        }
        else if (
            verdict.Outcome == Outcome.Promote
            && s is { Status: RolloutStatus.Running, AllInForce: true, Tracks.Count: 0 }
        )
        {
            events.AddRange(Complete(s, now, RolloutEvent.Engine, verdict.Reasons[0]));
        }

        return events;
    }

    private static IReadOnlyList<RolloutEvent> OnMoved(
        RolloutState s,
        RolloutCommand.MoveCommitted c,
        DateTimeOffset now
    )
    {
        if (!s.Open || Repeats(s, c))
        {
            return Nothing;
        }

        switch (c.Target)
        {
            case MoveTarget.Back:
                bool served = s.Epoch > 0 || c.Held > TimeSpan.Zero;
                return s.RollbackReason is null ? Nothing : [new RolloutEvent.RolledBack(now, served ? c.Epoch : 0)];
            case MoveTarget.Closed closed:
                return [new RolloutEvent.Closed(now, c.Epoch, closed.Serving, c.Held)];
            case MoveTarget.Shares shares:
                return
                [
                    new RolloutEvent.Moved(now, c.Epoch, shares.Share, shares.Segments, c.Held)
                    {
                        Drain = c.Drain,
                        Barred = shares.Barred,
                    },
                ];
            default:
                var moved = new RolloutEvent.Moved(now, c.Epoch, Share.All, s.SegmentShares, c.Held)
                {
                    Drain = c.Drain,
                };
                if (s.Phase is not Phase.Retire retire || s.RollbackReason is not null)
                {
                    return [moved];
                }

                return
                [
                    moved,
                    new RolloutEvent.PhaseCompleted(now, RolloutEvent.Engine, s.PhaseIndex, $"{s.Plan.To} is stable"),
                    new RolloutEvent.Succeeded(now, now + retire.Keep),
                ];
        }
    }

    // The same answer may come twice (its effect was derived again before the first was recorded), and by then the next
    // phase may be the active one, which it must not settle.
    private static bool Repeats(RolloutState s, RolloutCommand.MoveCommitted c)
    {
        MoveTarget? wanted =
            s.BarPending ? MoveTarget.Shares.Of(s, s.Share)
            : s.WishedShare is { } wished ? MoveTarget.Shares.Of(s, wished)
            : Effects.TargetOf(s);
        return c.Target is MoveTarget.Shares reached
            && c.Epoch == s.Epoch
            && !(
                wanted is MoveTarget.Shares awaited
                && reached.Covers(awaited)
                && (!s.PhaseSettled || s.WishedShare is not null || s.BarPending)
            );
    }

    private static IReadOnlyList<RolloutEvent> OnMoveFailed(
        RolloutState s,
        RolloutCommand.MoveFailed c,
        DateTimeOffset now
    )
    {
        if (!s.Open || !SingleStack.Wants(s, c.Target))
        {
            return Nothing;
        }

        if (s.BarPending && s.RollbackReason is null)
        {
            return [new RolloutEvent.MoveGivenUp(now, StillToBar(s, c.Reason))];
        }

        var events = new List<RolloutEvent> { new RolloutEvent.MoveGivenUp(now, c.Reason) };
        if (s.MoveFailures + 1 >= MoveFailuresBeforeHold && s.Status == RolloutStatus.Running)
        {
            events.Add(new RolloutEvent.HoldBegan(now, c.Reason));
        }

        return events;
    }

    private static IReadOnlyList<RolloutEvent> OnPrepared(RolloutState s, RolloutCommand c, DateTimeOffset now)
    {
        if (!s.Open || s.RollbackReason is not null || s.Status == RolloutStatus.Paused)
        {
            return Nothing;
        }

        return (c, s.Phase) switch
        {
            (RolloutCommand.Verified v, Phase.Verify) => PassOrRefuse(
                s,
                v.Refusals,
                "contracts and capacity agree",
                now
            ),
            (RolloutCommand.StackReady r, Phase.Start) =>
            [
                .. Freeze(s, r, now),
                .. PassOrRefuse(s, r.Findings, "every member is ready and serves what it declares", now),
            ],
            (RolloutCommand.Warmed w, Phase.Warm) =>
            [
                .. w.Curve.Count > 0 ? [new RolloutEvent.Warmed(now, w.Summary) { Curve = w.Curve }] : Nothing,
                .. PassOrRefuse(s, w.Refusals, w.Summary, now),
            ],
            (RolloutCommand.StackFailed f, Phase.Start) => [new RolloutEvent.Failed(now, f.Reason)],
            (RolloutCommand.StackFailed f, not Phase.Verify) =>
            [
                new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, $"{s.Plan.To} is down: {f.Reason}"),
            ],
            _ => Nothing,
        };
    }

    // Once: what a release is made of must not change while its evidence is gathered, nor before it is brought back.
    private static IReadOnlyList<RolloutEvent> Freeze(RolloutState s, RolloutCommand.StackReady r, DateTimeOffset now)
    {
        string release = r.Release ?? s.Plan.To;
        return r.Findings.Count > 0 || r.Artefacts.Count == 0 || s.Frozen.ContainsKey(release)
            ? Nothing
            : [new RolloutEvent.Frozen(now, release, r.Artefacts)];
    }

    private static IReadOnlyList<RolloutEvent> PassOrRefuse(
        RolloutState s,
        IReadOnlyList<string> refusals,
        string passed,
        DateTimeOffset now
    ) => refusals.Count > 0 ? [new RolloutEvent.Refused(now, refusals)] : Complete(s, now, RolloutEvent.Engine, passed);

    private static IReadOnlyList<RolloutEvent> Complete(RolloutState s, DateTimeOffset now, string actor, string why)
    {
        Invariant.Holds(s.PhaseIndex + 1 < s.Plan.Phases.Count, "the last phase is retire, which ends by its move");
        return [new RolloutEvent.PhaseCompleted(now, actor, s.PhaseIndex, why), .. Enter(s, s.PhaseIndex + 1, now)];
    }

    private static IReadOnlyList<RolloutEvent> Enter(RolloutState s, int index, DateTimeOffset now)
    {
        if (s.Plan.TracksAt(index) is { } run)
        {
            return
            [
                .. s.Plan.FirstOfEach(run).Select(i => new RolloutEvent.PhaseEntered(now, i, s.Plan.Phases[i].Kind)),
            ];
        }

        Phase phase = s.Plan.Phases[index];
        var entered = new RolloutEvent.PhaseEntered(now, index, phase.Kind);
        return phase is Phase.Shadow or Phase.Bake
            ? [entered, new RolloutEvent.Settled(now, "gathers evidence")]
            : [entered];
    }

    private static Result<IReadOnlyList<RolloutEvent>> Events(params IReadOnlyList<RolloutEvent> events) =>
        Result(events);

    private static Result<IReadOnlyList<RolloutEvent>> Result(IReadOnlyList<RolloutEvent> events) =>
        Result<IReadOnlyList<RolloutEvent>>.Of(events);
}
