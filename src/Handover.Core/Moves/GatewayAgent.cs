using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// The gateway's half of the move protocol for one service, without clock, disk or network. What makes a move atomic is
/// here: after HELD nothing of the slice is dispatched until the outcome of the attempt is <em>read</em>, from the
/// coordinator or from the store. No timer ever resumes dispatch; a timer only asks.
/// </summary>
public static class GatewayAgent
{
    /// <summary>Time beyond the hold's bound after which the store is asked for the outcome.</summary>
    public static readonly TimeSpan ResolveGrace = TimeSpan.FromMilliseconds(50);

    /// <summary>Pause between tries to reach the store (a jitter of up to half of it is added).</summary>
    public static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between tries to register while the service is served from disk.</summary>
    public static readonly TimeSpan RejoinEvery = TimeSpan.FromSeconds(5);

    /// <summary>A question to the store that has no answer for so long is asked again.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    private static readonly IReadOnlyList<GatewayEffect> Nothing = [];

    /// <summary>Takes one input. Pure: the same state, input and time give the same answer.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">Time of a clock that this gateway alone reads; only differences matter.</param>
    /// <returns>The state after, and what the host must do, in order.</returns>
    public static (GatewayAgentState State, IReadOnlyList<GatewayEffect> Effects) Step(
        GatewayAgentState state,
        GatewayInput input,
        DateTimeOffset now
    ) =>
        input switch
        {
            GatewayInput.Booted booted => Boot(state, booted.Good, now),
            GatewayInput.Joined joined => OnJoined(state, joined.Reply, now),
            GatewayInput.MessageReceived received => OnMessage(state, received.Message, now),
            GatewayInput.SliceDrained drained => OnHoldProgress(
                state,
                drained.Attempt,
                hold => hold with { Drained = true }
            ),
            GatewayInput.HeldPersisted persisted => OnHoldProgress(
                state,
                persisted.Attempt,
                hold => hold with { Persisted = true }
            ),
            GatewayInput.Resolved resolved => OnResolved(state, resolved.Attempt, resolved.Reply, now),
            GatewayInput.Tick => OnTick(state, now),
            _ => Invariant.Unreachable<(GatewayAgentState, IReadOnlyList<GatewayEffect>)>($"unknown input {input}"),
        };

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) Boot(
        GatewayAgentState state,
        LastKnownGood? good,
        DateTimeOffset now
    )
    {
        Invariant.Holds(state.Routing is null && state.Attempt == 0, "an incarnation boots once, knowing nothing");
        return (
            state with
            {
                Restored = good,
                JoinAskedAt = now,
            },
            [new GatewayEffect.Join(), new GatewayEffect.WakeAt(now + AnswerWithin)]
        );
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnJoined(
        GatewayAgentState state,
        EpochReply? reply,
        DateTimeOffset now
    )
    {
        if (reply is null)
        {
            return JoinFailed(state with { JoinAskedAt = null, Failures = state.Failures + 1 }, now);
        }

        // A later incarnation is registered: moves wait for that one's promises, so this one may not begin to serve.
        if (!reply.Applied)
        {
            return JoinFailed(state with { JoinAskedAt = null, Restored = null, Failures = state.Failures + 1 }, now);
        }

        state = state with { JoinAskedAt = null, Registered = true, Failures = 0 };
        return Adopt(state, reply.Row, now);
    }

    // The file may be served from when no promise is open in it: without this gateway's promise nothing can have
    // committed since it was written, because the gateway is still a member.
    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) JoinFailed(
        GatewayAgentState state,
        DateTimeOffset now
    )
    {
        TimeSpan pause = state.Routing is null ? RetryEvery : RejoinEvery;
        DateTimeOffset next = now + Jittered(pause, state);
        if (state is { Routing: null, Restored: { Held: null } good })
        {
            state = state with { Epoch = good.Epoch, Attempt = good.Attempt, Routing = good.Routing, JoinAt = next };
            return (state, [new GatewayEffect.Publish(good.Epoch, good.Routing), new GatewayEffect.WakeAt(next)]);
        }

        return (state with { JoinAt = next }, [new GatewayEffect.WakeAt(next)]);
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnMessage(
        GatewayAgentState state,
        MoveMessage message,
        DateTimeOffset now
    )
    {
        Invariant.Holds(
            string.Equals(message.Service, state.Service, StringComparison.Ordinal),
            "a message reaches the agent of its own service"
        );

        // Before it has joined (or restored its file) a gateway may not be a member at all: what is said to it may be
        // meant for an incarnation that has left, and nobody would wait for its promise.
        if (state.Routing is null)
        {
            return (state, Nothing);
        }

        return message switch
        {
            MoveMessage.Hold hold => OnHold(state, hold, now),
            MoveMessage.Commit commit => OnCommit(state, commit),
            MoveMessage.Abort abort => OnAbort(state, abort),
            _ => Invariant.Unreachable<(GatewayAgentState, IReadOnlyList<GatewayEffect>)>($"unknown {message}"),
        };
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnHold(
        GatewayAgentState state,
        MoveMessage.Hold message,
        DateTimeOffset now
    )
    {
        if (message.Attempt == state.Attempt && state.Hold is { } held)
        {
            return OnHoldAgain(state, held, message);
        }

        if (message.Attempt <= state.Attempt || message.FromEpoch < state.Epoch)
        {
            return (state, Nothing);
        }

        state = Holding(
            state,
            message.Attempt,
            message.FromEpoch,
            message.From,
            new GatewayHold(message.To, message.Drain, now + message.HoldFor + ResolveGrace) { Asked = true }
        );
        return (
            state,
            [
                new GatewayEffect.HoldSlice(
                    message.Attempt,
                    message.FromEpoch,
                    new Slice(message.From, message.To),
                    message.Drain
                ),
                new GatewayEffect.PersistHeld(message.Attempt),
                new GatewayEffect.WakeAt(state.Hold!.ResolveAt),
            ]
        );
    }

    // A resent HOLD, or the first one for a hold that was met when joining.
    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnHoldAgain(
        GatewayAgentState state,
        GatewayHold hold,
        MoveMessage.Hold message
    )
    {
        if (hold.Promised)
        {
            return (state, [new GatewayEffect.SendHeld(state.Attempt)]);
        }

        if (hold.Asked)
        {
            return (state, Nothing);
        }

        var effects = new List<GatewayEffect>();
        bool weaker = message.Drain == DrainMode.Dispatch && hold is { Drain: DrainMode.Atomic, Drained: false };
        hold = hold with { Asked = true, Drain = weaker ? message.Drain : hold.Drain };
        if (weaker)
        {
            var slice = new Slice(state.Routing!, hold.To);
            effects.Add(new GatewayEffect.HoldSlice(state.Attempt, state.Epoch, slice, DrainMode.Dispatch));
        }

        effects.Add(new GatewayEffect.PersistHeld(state.Attempt));
        return (state with { Hold = hold }, effects);
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnHoldProgress(
        GatewayAgentState state,
        long attempt,
        Func<GatewayHold, GatewayHold> progress
    )
    {
        if (state.Hold is not { } hold || attempt != state.Attempt)
        {
            return (state, Nothing);
        }

        GatewayHold next = progress(hold);
        bool promise = next.Promised && !hold.Promised;
        return (state with { Hold = next }, promise ? [new GatewayEffect.SendHeld(attempt)] : Nothing);
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnCommit(
        GatewayAgentState state,
        MoveMessage.Commit message
    )
    {
        if (message.Epoch <= state.Epoch || message.Attempt < state.Attempt)
        {
            return (state, Nothing);
        }

        return Serve(state, message.Attempt, message.Epoch, message.Routing);
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnAbort(
        GatewayAgentState state,
        MoveMessage.Abort message
    )
    {
        if (state.Hold is null || message.Attempt != state.Attempt)
        {
            return (state, Nothing);
        }

        return Serve(state, state.Attempt, state.Epoch, state.Routing!);
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnResolved(
        GatewayAgentState state,
        long attempt,
        EpochReply? reply,
        DateTimeOffset now
    )
    {
        if (state.Hold is not { } hold || attempt != state.Attempt)
        {
            return (state, Nothing);
        }

        bool open = reply is { Row.Holding: true } && reply.Row.Attempt == attempt;
        if (reply is null || open)
        {
            state = state with { Failures = open ? 0 : state.Failures + 1 };
            DateTimeOffset next = now + Jittered(RetryEvery, state);
            state = state with { Hold = hold with { ResolveAt = next, ResolveAskedAt = null } };
            return (state, [new GatewayEffect.WakeAt(next)]);
        }

        return Adopt(state with { Failures = 0, Hold = hold with { ResolveAskedAt = null } }, reply.Row, now);
    }

    // A row whose attempt is the gateway's own and which is not holding was read after that attempt had ended: attempts
    // get their number when they open. A row with a newer attempt says that this one has ended, however it did.
    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) Adopt(
        GatewayAgentState state,
        EpochRow row,
        DateTimeOffset now
    )
    {
        if (row.Attempt < state.Attempt || row.Epoch < state.Epoch)
        {
            return (state, Nothing);
        }

        bool same = row.Attempt == state.Attempt && row.Epoch == state.Epoch && state.Routing is not null;
        if (!row.Holding)
        {
            return same && state.Hold is null ? (state, Nothing) : Serve(state, row.Attempt, row.Epoch, row.Routing);
        }

        // The same attempt, still open: what is held stays held. A gateway that serves cannot meet this one: it learnt
        // the attempt from a row or a message that said it had ended.
        if (same)
        {
            return (state, Nothing);
        }

        Invariant.Holds(row.Target is not null, "a row that is holding has a target");
        DateTimeOffset resolveAt = now + Jittered(RetryEvery, state);
        var hold = new GatewayHold(row.Target, DrainMode.Atomic, resolveAt);
        state = Holding(state, row.Attempt, row.Epoch, row.Routing, hold);
        var slice = new Slice(row.Routing, row.Target);
        return (
            state,
            [
                new GatewayEffect.HoldSlice(row.Attempt, row.Epoch, slice, DrainMode.Atomic),
                new GatewayEffect.WakeAt(resolveAt),
            ]
        );
    }

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) OnTick(GatewayAgentState state, DateTimeOffset now)
    {
        var effects = new List<GatewayEffect>();
        if (state.Hold is { } hold)
        {
            bool unanswered = hold.ResolveAskedAt is { } asked && now < asked + AnswerWithin;
            if (now >= hold.ResolveAt && !unanswered)
            {
                state = state with { Hold = hold with { ResolveAskedAt = now } };
                effects.Add(new GatewayEffect.Resolve(state.Attempt));
                effects.Add(new GatewayEffect.WakeAt(now + AnswerWithin));
            }
            else if (!unanswered)
            {
                effects.Add(new GatewayEffect.WakeAt(hold.ResolveAt));
            }
        }

        bool joining = state.JoinAskedAt is { } since && now < since + AnswerWithin;
        if (!state.Registered && !joining && now >= state.JoinAt)
        {
            state = state with { JoinAskedAt = now };
            effects.Add(new GatewayEffect.Join());
            effects.Add(new GatewayEffect.WakeAt(now + AnswerWithin));
        }

        return (state, effects);
    }

    private static GatewayAgentState Holding(
        GatewayAgentState state,
        long attempt,
        long epoch,
        Routing from,
        GatewayHold hold
    ) => state with { Attempt = attempt, Epoch = epoch, Routing = from, Hold = hold, Restored = null, Failures = 0 };

    private static (GatewayAgentState, IReadOnlyList<GatewayEffect>) Serve(
        GatewayAgentState state,
        long attempt,
        long epoch,
        Routing routing
    )
    {
        Invariant.Holds(epoch >= state.Epoch && attempt >= state.Attempt, "epochs and attempts only grow");
        state = state with { Attempt = attempt, Epoch = epoch, Routing = routing, Hold = null, Restored = null };
        return (state, [new GatewayEffect.Publish(epoch, routing)]);
    }

    // Spreads gateways that all lost the same store; the same gateway at the same try always gets the same pause.
    private static TimeSpan Jittered(TimeSpan pause, GatewayAgentState state)
    {
        uint draw = Murmur3.Hash(FormattableString.Invariant($"{state.Gateway}:{state.Attempt}:{state.Failures}"));
        return pause + (pause / 2 * (draw / (double)uint.MaxValue));
    }
}
