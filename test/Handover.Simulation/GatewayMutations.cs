using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>A hold that lasts too long is ended by a timer instead of by the outcome.</summary>
internal sealed class Unilateral : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        (GatewayAgentState next, IReadOnlyList<GatewayEffect> effects) = base.Step(state, input, now);
        if (!effects.Any(e => e is GatewayEffect.Resolve))
        {
            return (next, effects);
        }

        var resume = new GatewayInput.MessageReceived(new MoveMessage.Abort(next.Service, next.Attempt));
        return base.Step(next, resume, now);
    }
}

/// <summary>HELD is said while requests of the slice are in flight.</summary>
internal sealed class AckBeforeDrain : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        (GatewayAgentState next, IReadOnlyList<GatewayEffect> effects) = base.Step(state, input, now);
        return (
            next,
            [.. effects.Select(e => e is GatewayEffect.HoldSlice h ? h with { Drain = DrainMode.Dispatch } : e)]
        );
    }
}

/// <summary>Any ABORT ends the hold, also a late one of an earlier attempt.</summary>
internal sealed class ResumeOnAbortOfOtherAttempt : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    ) =>
        input is GatewayInput.MessageReceived { Message: MoveMessage.Abort abort }
            ? base.Step(state, new GatewayInput.MessageReceived(abort with { Attempt = state.Attempt }), now)
            : base.Step(state, input, now);
}

/// <summary>A late COMMIT of an earlier epoch is taken.</summary>
internal sealed class StaleEpoch : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        if (
            state.Routing is null
            || input is not GatewayInput.MessageReceived { Message: MoveMessage.Commit commit }
            || commit.Epoch >= state.Epoch
        )
        {
            return base.Step(state, input, now);
        }

        state = state with { Epoch = commit.Epoch, Routing = commit.Routing, Hold = null };
        return (state, [new GatewayEffect.Publish(commit.Epoch, commit.Routing)]);
    }
}

/// <summary>The slice is computed wrongly: nobody is held.</summary>
internal sealed class SkipSlice : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        (GatewayAgentState next, IReadOnlyList<GatewayEffect> effects) = base.Step(state, input, now);
        return (next, [.. effects.Select(Emptied)]);
    }

    private static GatewayEffect Emptied(GatewayEffect effect) =>
        effect is GatewayEffect.HoldSlice h ? h with { Slice = new Slice(h.Slice.From, h.Slice.From) } : effect;
}

/// <summary>Everybody is held, also those whom the move does not move.</summary>
internal sealed class HoldAll : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        (GatewayAgentState next, IReadOnlyList<GatewayEffect> effects) = base.Step(state, input, now);
        return (next, [.. effects.Select(Widened)]);
    }

    private static GatewayEffect Widened(GatewayEffect effect) =>
        effect is GatewayEffect.HoldSlice h
            ? h with
            {
                Slice = new Slice(h.Slice.From, h.Slice.From with { Closed = true }),
            }
            : effect;
}

/// <summary>A gateway that joins while an attempt is open serves at once.</summary>
internal sealed class JoinServing : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        if (input is not GatewayInput.Joined { Reply: { } reply })
        {
            return base.Step(state, input, now);
        }

        EpochRow row = reply.Row with { Holding = false, Target = null, HoldUntil = null };
        return base.Step(state, new GatewayInput.Joined(reply with { Row = row }), now);
    }
}

/// <summary>The store is never asked for the outcome.</summary>
internal sealed class NeverResolve : Mutation
{
    public override (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    )
    {
        (GatewayAgentState next, IReadOnlyList<GatewayEffect> effects) = base.Step(state, input, now);
        return (next, [.. effects.Where(e => e is not GatewayEffect.Resolve)]);
    }
}

/// <summary>The promise is said and not written down: a restart forgets it.</summary>
internal sealed class ForgetHeld : Mutation
{
    public override LastKnownGood? Write(LastKnownGood? there, LastKnownGood good) => good with { Held = null };
}

/// <summary>The oldest waiting request is dropped when the hold ends.</summary>
internal sealed class LoseBuffer : Mutation
{
    public override List<SimRequest> Release(List<SimRequest> waiting) => [.. waiting.Skip(1)];
}

/// <summary>Waiting requests go on newest first.</summary>
internal sealed class Lifo : Mutation
{
    public override List<SimRequest> Release(List<SimRequest> waiting)
    {
        waiting.Reverse();
        return waiting;
    }
}
