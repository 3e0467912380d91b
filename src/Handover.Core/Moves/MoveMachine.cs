using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// The coordinator's half of the move protocol: BEGIN in the store, HOLD to every gateway, all HELD, COMMIT in the
/// store, and only then COMMIT to the gateways. It may die at any point, be doubled, or wake up late: everything that
/// matters is decided by the store's conditions on the attempt, and gateways read the outcome there by themselves.
/// </summary>
public static class MoveMachine
{
    /// <summary>HOLD is sent again to gateways that have not answered for so long.</summary>
    public static readonly TimeSpan ResendEvery = TimeSpan.FromMilliseconds(80);

    /// <summary>Pause between questions for the outcome while the store does not answer.</summary>
    public static readonly TimeSpan ResolveEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Questions without an answer after which the outcome is reported as unknown.</summary>
    public const int ResolveLimit = 20;

    private static readonly IReadOnlyList<MoveEffect> Nothing = [];

    /// <summary>Takes one input. Pure: the same state, input and time give the same answer.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">Time of a clock that this coordinator alone reads; only differences matter.</param>
    /// <returns>The state after, and what the host must do, in order.</returns>
    public static (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    )
    {
        if (state.Stage == MoveStage.Done)
        {
            return (state, Nothing);
        }

        return input switch
        {
            MoveInput.Start start => Start(state, start, now),
            MoveInput.StoreAnswered answered => OnAnswer(state, answered, now),
            MoveInput.HeldReceived received => OnHeld(state, received.Held),
            MoveInput.Tick => OnTick(state, now),
            _ => Invariant.Unreachable<(MoveMachineState, IReadOnlyList<MoveEffect>)>($"unknown input {input}"),
        };
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) Start(
        MoveMachineState state,
        MoveInput.Start start,
        DateTimeOffset now
    )
    {
        Invariant.Holds(state.Stage == MoveStage.Idle, "a machine makes one try");
        Invariant.Holds(!start.Row.Holding, "an open attempt is resolved or given up before the next one");
        Invariant.Holds(start.Hold > TimeSpan.Zero, "a hold takes time");
        state = state with
        {
            Stage = MoveStage.Beginning,
            Before = start.Row,
            Target = start.Target,
            Drain = start.Drain,
            Hold = start.Hold,
            StartedAt = now,
        };
        return (state, [new MoveEffect.StoreBegin(start.Row.Epoch, start.Row.Attempt, start.Target, start.Hold)]);
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) OnAnswer(
        MoveMachineState state,
        MoveInput.StoreAnswered answered,
        DateTimeOffset now
    )
    {
        MoveStoreOp? awaited = state.Stage switch
        {
            MoveStage.Beginning => MoveStoreOp.Begin,
            MoveStage.Committing => MoveStoreOp.Commit,
            MoveStage.Aborting => MoveStoreOp.Abort,
            MoveStage.Resolving => MoveStoreOp.Resolve,
            _ => null,
        };
        if (awaited != answered.Op)
        {
            return (state, Nothing);
        }

        return answered switch
        {
            { Reply: null, Op: MoveStoreOp.Resolve } => ResolveFailed(state, now),
            { Reply: null } => (
                state with
                {
                    Stage = MoveStage.Resolving,
                    ResolveAt = null,
                },
                [new MoveEffect.StoreResolve(state.Attempt)]
            ),
            { Reply: { } reply, Op: MoveStoreOp.Begin } => reply.Applied
                ? Opened(state, reply, now)
                : Finish(state, new MoveOutcome.Superseded(reply.Row)),
            { Reply: { } reply, Op: var op } => ActOn(state, reply, op, now),
        };
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) ResolveFailed(
        MoveMachineState state,
        DateTimeOffset now
    )
    {
        state = state with { ResolveFailures = state.ResolveFailures + 1, ResolveAt = now + ResolveEvery };
        if (state.ResolveFailures >= ResolveLimit)
        {
            return Finish(state, new MoveOutcome.Unknown($"the store has not answered {ResolveLimit} times in a row"));
        }

        return (state, [new MoveEffect.WakeAt(state.ResolveAt.Value)]);
    }

    // What the row says decides, whoever made it so: another coordinator, a gateway that resolved, or a statement of
    // our own whose answer was lost or which arrived late.
    private static (MoveMachineState, IReadOnlyList<MoveEffect>) ActOn(
        MoveMachineState state,
        EpochReply reply,
        MoveStoreOp asked,
        DateTimeOffset now
    )
    {
        EpochRow row = reply.Row;
        EpochRow before = state.Before!;
        state = state with { ResolveFailures = 0 };
        if (row.Attempt < state.Attempt)
        {
            return Finish(state, new MoveOutcome.Aborted("the store did not take the BEGIN", []));
        }

        bool target = RoutingCodec.Same(row.Holding ? row.Target! : row.Routing, state.Target!);
        if (row.Attempt > state.Attempt || row.Epoch < before.Epoch || row.Epoch > before.Epoch + 1)
        {
            return Finish(state, new MoveOutcome.Superseded(row));
        }

        if (row.Holding)
        {
            return Open(state, reply, target, asked, now);
        }

        if (row.Epoch == before.Epoch)
        {
            string reason = state.GivingUp ?? "the attempt was given up before it could commit";
            var abort = new MoveMessage.Abort(state.Service, row.Attempt);
            return Finish(state, new MoveOutcome.Aborted(reason, state.Missing), abort);
        }

        var commit = new MoveMessage.Commit(state.Service, row.Attempt, row.Epoch, row.Routing);
        MoveOutcome outcome = target
            ? new MoveOutcome.Committed(row.Epoch, row.Attempt, now - state.StartedAt)
            : new MoveOutcome.Superseded(row);
        return Finish(state, outcome, commit);
    }

    // The attempt is still open in the store.
    private static (MoveMachineState, IReadOnlyList<MoveEffect>) Open(
        MoveMachineState state,
        EpochReply reply,
        bool target,
        MoveStoreOp asked,
        DateTimeOffset now
    )
    {
        if (!target)
        {
            // Somebody else opened the attempt of this number; our BEGIN was lost.
            return Finish(state, new MoveOutcome.Superseded(reply.Row));
        }

        if (asked == MoveStoreOp.Commit)
        {
            return GiveUp(state, "the hold ran out before the COMMIT reached the store");
        }

        if (state.GivingUp is { } reason)
        {
            return GiveUp(state, reason);
        }

        if (state.Members.Count == 0)
        {
            return Opened(state, reply, now);
        }

        return (state with { Stage = MoveStage.Committing }, [new MoveEffect.StoreCommit(state.Attempt)]);
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) Opened(
        MoveMachineState state,
        EpochReply reply,
        DateTimeOffset now
    )
    {
        var members = reply.Members.Select(m => m.Gateway).Distinct().ToList();
        state = state with
        {
            Stage = MoveStage.Gathering,
            Before = state.Before! with { Epoch = reply.Row.Epoch, Routing = reply.Row.Routing },
            Members = members,
            Missing = members,
        };
        Invariant.Holds(reply.Row.Attempt == state.Attempt, "BEGIN opens the attempt after the one it read");
        if (members.Count == 0)
        {
            return (state with { Stage = MoveStage.Committing }, [new MoveEffect.StoreCommit(state.Attempt)]);
        }

        return SendHolds(state, now);
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) SendHolds(MoveMachineState state, DateTimeOffset now)
    {
        EpochRow before = state.Before!;
        var hold = new MoveMessage.Hold(
            state.Service,
            state.Attempt,
            before.Epoch,
            before.Routing,
            state.Target!,
            state.Drain,
            state.Hold
        );
        var effects = new List<MoveEffect>(state.Missing.Count + 1);
        effects.AddRange(state.Missing.Select(gateway => new MoveEffect.Send(gateway, hold)));
        state = state with { ResendAt = now + ResendEvery };
        DateTimeOffset deadline = state.StartedAt + state.Hold;
        effects.Add(new MoveEffect.WakeAt(state.ResendAt < deadline ? state.ResendAt : deadline));
        return (state, effects);
    }

    // A promise counts for the gateway's id, whatever its incarnation: a new one proves that the one before is dead.
    private static (MoveMachineState, IReadOnlyList<MoveEffect>) OnHeld(MoveMachineState state, GatewayReply.Held held)
    {
        if (state.Stage != MoveStage.Gathering || held.Attempt != state.Attempt)
        {
            return (state, Nothing);
        }

        var missing = state.Missing.Where(g => !string.Equals(g, held.Gateway, StringComparison.Ordinal)).ToList();
        state = state with { Missing = missing };
        return missing.Count > 0
            ? (state, Nothing)
            : (state with { Stage = MoveStage.Committing }, [new MoveEffect.StoreCommit(state.Attempt)]);
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) OnTick(MoveMachineState state, DateTimeOffset now)
    {
        if (state is { Stage: MoveStage.Resolving, ResolveAt: { } resolveAt })
        {
            return now >= resolveAt
                ? (state with { ResolveAt = null }, [new MoveEffect.StoreResolve(state.Attempt)])
                : (state, [new MoveEffect.WakeAt(resolveAt)]);
        }

        if (state.Stage != MoveStage.Gathering)
        {
            return (state, Nothing);
        }

        if (now >= state.StartedAt + state.Hold)
        {
            string silent = string.Join(", ", state.Missing);
            return GiveUp(state, $"no HELD from {silent} within {state.Hold.TotalMilliseconds:0} ms");
        }

        return now >= state.ResendAt ? SendHolds(state, now) : (state, [new MoveEffect.WakeAt(state.ResendAt)]);
    }

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) GiveUp(MoveMachineState state, string reason) =>
        (
            state with
            {
                Stage = MoveStage.Aborting,
                GivingUp = reason,
            },
            [new MoveEffect.StoreAbort(state.Attempt, reason)]
        );

    private static (MoveMachineState, IReadOnlyList<MoveEffect>) Finish(
        MoveMachineState state,
        MoveOutcome outcome,
        MoveMessage? tell = null
    )
    {
        var effects = new List<MoveEffect>(state.Members.Count + 1);
        if (tell is not null)
        {
            effects.AddRange(state.Members.Select(gateway => new MoveEffect.Send(gateway, tell)));
        }

        effects.Add(new MoveEffect.Done(outcome));
        return (state with { Stage = MoveStage.Done }, effects);
    }
}
