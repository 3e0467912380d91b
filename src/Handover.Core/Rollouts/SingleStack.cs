using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>
/// The switch where two releases don't fit: break before make, as two moves through the routing <c>closed</c>.
/// <code>
/// forward   measure stable -> close -> stop stable    -> start candidate -> warm it -> open on the candidate
/// back      close (if open) ------> stop candidate -> start stable ---------------> open on stable
/// </code>
/// Each arrow is one effect, and each effect is derived from the events so far. A kill at any point goes on at the same
/// arrow, and while the service is closed there is always a next arrow that leads to an open one: the candidate that
/// does not start, does not warm or takes longer than the service allows is a rollback, and stable is started until it
/// runs. Nothing is stopped before the closing is recorded, and two releases are never wanted at once.
/// </summary>
public static class SingleStack
{
    /// <summary>How long stable may take to start before the trouble is told and the start is tried again.</summary>
    public static readonly TimeSpan BackTimeout = TimeSpan.FromMinutes(2);

    /// <summary>Whether the plan switches with one stack.</summary>
    public static bool Is(RolloutPlan plan) => SwitchOf(plan) is not null;

    /// <summary>The plan's switch with one stack; null when it has none.</summary>
    public static Phase.Switch? SwitchOf(RolloutPlan plan)
    {
        // Not LINQ: it is asked at every tick of every rollout.
        foreach (Phase phase in plan.Phases)
        {
            if (phase is Phase.Switch { Stack: StackUse.Single } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>
    /// Why the candidate has had its time while the service is closed; null while it has not. Where the service allows
    /// no interruption at all the closing was refused before.
    /// </summary>
    public static string? ClosedTooLong(RolloutState s, DateTimeOffset now) =>
        s.Closed is { } closed && now - closed.At > s.DowntimeAllowed
            ? FormattableString.Invariant(
                $"{s.Plan.To} was not ready within the {s.DowntimeAllowed.TotalSeconds:0.###} s that downtime.allowed gives"
            )
            : null;

    /// <summary>Faults of a plan that switches with one stack, by index of the phase.</summary>
    internal static IEnumerable<(int Index, string Fault)> Check(RolloutPlan plan)
    {
        if (!Is(plan))
        {
            yield break;
        }

        for (int i = 0; i < plan.Phases.Count; i++)
        {
            switch (plan.Phases[i])
            {
                case Phase.Start or Phase.Warm:
                    yield return (
                        i,
                        $"{plan.Phases[i].Kind} needs both releases at once; with one stack the switch starts and warms the candidate: switch: {{stack: single, start: 2m, warm: 200}}."
                    );
                    break;
                case Phase.Shadow or Phase.Shift:
                    yield return (i, $"{plan.Phases[i].Kind} needs both releases at once, and there is one stack.");
                    break;
                case Phase.Switch { Stack: StackUse.Double }:
                    yield return (i, "a plan switches with one stack or with two, not both.");
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Everything that should be going on.</summary>
    internal static IReadOnlyList<RolloutEffect> Effects(RolloutState s)
    {
        var effects = new List<RolloutEffect>();
        if (s.Reopened is { } over)
        {
            effects.Add(new RolloutEffect.MeasureInterruption(over.ClosedAt, over.OpenedAt));
        }

        if (!s.Open)
        {
            // What is kept is the artefact, not the process: there is room for one.
            if (s.KeepOldUntil is { } until)
            {
                effects.Add(new RolloutEffect.ForgetOld(until));
            }

            return effects;
        }

        if (s.RollbackReason is not null)
        {
            effects.AddRange(Untouched(s) ? [Keep(s.From), Move(s, new MoveTarget.Back())] : Passage(s));
            return effects;
        }

        bool forward = s.Status is not (RolloutStatus.Paused or RolloutStatus.Pending) && s.Disagreements.Count == 0;
        switch (s.Phase)
        {
            case Phase.Verify:
                effects.AddRange(forward ? [Keep(s.From), new RolloutEffect.Verify()] : [Keep(s.From)]);
                break;
            case Phase.Switch when !s.PhaseSettled:
                effects.AddRange(
                    s.Closed is null && (!forward || Rollouts.Effects.NeedsApproval(s)) ? [Keep(s.From)] : Passage(s)
                );
                break;
            case Phase.Retire when !s.PhaseSettled && forward:
                effects.AddRange([Keep(s.Plan.To), Move(s, Rollouts.Effects.TargetOf(s)!)]);
                break;
            default:
                effects.AddRange([Keep(s.Plan.To), new RolloutEffect.Judge(s.PhaseIndex)]);
                break;
        }

        return effects;
    }

    /// <summary>Whether a command is the answer to a step of this rollout's passage.</summary>
    internal static bool Answers(RolloutState s, RolloutCommand c) =>
        Is(s.Plan)
        && (
            c is RolloutCommand.StackStopped or RolloutCommand.StableMeasured or RolloutCommand.ClosingRefused
            || (
                c is RolloutCommand.StackReady or RolloutCommand.StackFailed or RolloutCommand.Warmed
                && (s.RollbackReason is not null || s is { Phase: Phase.Switch, PhaseSettled: false })
            )
        );

    /// <summary>Whether the state still wants a move to this target, so that its failure matters.</summary>
    internal static bool Wants(RolloutState s, MoveTarget target) =>
        target is MoveTarget.Closed || (s.RollbackReason is not null) == (target is MoveTarget.Back);

    /// <summary>The release that the passage brings in.</summary>
    internal static string Entering(RolloutState s) => s.RollbackReason is null ? s.Plan.To : s.From;

    /// <summary>The release that makes room.</summary>
    internal static string Leaving(RolloutState s) => s.RollbackReason is null ? s.From : s.Plan.To;

    /// <summary>Whether the routing is, as far as is known, what it was when the rollout started.</summary>
    private static bool Untouched(RolloutState s) => s is { Closed: null, Epoch: 0 };

    private static IReadOnlyList<RolloutEffect> Passage(RolloutState s)
    {
        bool back = s.RollbackReason is not null;
        int warm = back ? 0 : SwitchOf(s.Plan)!.WarmRequests;
        string entering = Entering(s);
        string leaving = Leaving(s);
        if (s.Closed is not { } closed)
        {
            return
            [
                Keep(leaving),
                warm > 0 && s.StableP95Ms is null
                    ? new RolloutEffect.MeasureStable(leaving, warm)
                    : Move(s, new MoveTarget.Closed(leaving)),
            ];
        }

        MoveTarget open = back ? new MoveTarget.Back() : new MoveTarget.Candidate(AtOnce: true);
        bool neverStopped = closed.Stopped is null && closed.Serving == entering;
        if (!neverStopped && closed.Ready != entering)
        {
            return closed.Stopped == leaving
                ?
                [
                    Keep(entering),
                    new RolloutEffect.AwaitStack(entering, back ? BackTimeout : SwitchOf(s.Plan)!.StartTimeout)
                    {
                        Attempt = s.MoveFailures,
                    },
                ]
                : [new RolloutEffect.StopStack(leaving, closed.Serving)];
        }

        return
        [
            Keep(entering),
            warm > 0 && !closed.Warmed
                ? new RolloutEffect.Warm(entering, warm) { StableP95Ms = s.StableP95Ms }
                : Move(s, open),
        ];
    }

    private static RolloutEffect.KeepStack Keep(string release) => new(release);

    // Back and closing for a rollback never wait for a sick release to drain.
    private static RolloutEffect.Move Move(RolloutState s, MoveTarget target) =>
        s.RollbackReason is null
            ? new RolloutEffect.Move(target, SwitchOf(s.Plan)!.Hold, SwitchOf(s.Plan)!.Drain, s.MoveFailures)
            : new RolloutEffect.Move(target, Rollouts.Effects.DefaultHold, DrainMode.Dispatch, s.MoveFailures);
}
