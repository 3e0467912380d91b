using Handover.Core.Moves;

namespace Handover.Simulation;

/// <summary>Eventual push: the commit does not wait for anybody, as when routes are pushed to proxies.</summary>
internal sealed class NoHold : Mutation
{
    public override (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    )
    {
        (MoveMachineState next, IReadOnlyList<MoveEffect> effects) = base.Step(state, input, now);
        return next.Stage == MoveStage.Gathering
            ? (next with { Stage = MoveStage.Committing, Missing = [] }, [new MoveEffect.StoreCommit(next.Attempt)])
            : (next, effects);
    }
}

/// <summary>Silent gateways are taken for dead when half of the hold is over.</summary>
internal sealed class Evict : Mutation
{
    public override (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    )
    {
        (MoveMachineState next, IReadOnlyList<MoveEffect> effects) = base.Step(state, input, now);
        return next.Stage == MoveStage.Gathering && now >= next.StartedAt + (next.Hold / 2)
            ? (next with { Stage = MoveStage.Committing, Missing = [] }, [new MoveEffect.StoreCommit(next.Attempt)])
            : (next, effects);
    }
}

/// <summary>A promise for an earlier attempt counts for this one.</summary>
internal sealed class CountOldHeld : Mutation
{
    public override (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    ) =>
        input is MoveInput.HeldReceived { Held: { } held }
            ? base.Step(state, new MoveInput.HeldReceived(held with { Attempt = state.Attempt }), now)
            : base.Step(state, input, now);
}

/// <summary>Gateways are told COMMIT before the store has committed.</summary>
internal sealed class TellBeforeStore : Mutation
{
    public override (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    )
    {
        (MoveMachineState next, IReadOnlyList<MoveEffect> effects) = base.Step(state, input, now);
        if (!effects.Any(e => e is MoveEffect.StoreCommit))
        {
            return (next, effects);
        }

        var commit = new MoveMessage.Commit(next.Service, next.Attempt, next.Before!.Epoch + 1, next.Target!);
        return (next, [.. next.Members.Select(g => new MoveEffect.Send(g, commit)), .. effects]);
    }
}

/// <summary>A COMMIT without an answer is taken for a failure, and gateways are told to go on as before.</summary>
internal sealed class AbortOnSilence : Mutation
{
    public override (MoveMachineState State, IReadOnlyList<MoveEffect> Effects) Step(
        MoveMachineState state,
        MoveInput input,
        DateTimeOffset now
    )
    {
        if (state.Stage != MoveStage.Committing || input is not MoveInput.StoreAnswered { Reply: null })
        {
            return base.Step(state, input, now);
        }

        var abort = new MoveMessage.Abort(state.Service, state.Attempt);
        return (
            state with
            {
                Stage = MoveStage.Done,
            },
            [
                .. state.Members.Select(g => new MoveEffect.Send(g, abort)),
                new MoveEffect.Done(new MoveOutcome.Aborted("no answer", [])),
            ]
        );
    }
}
