using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// A coordinator: the shipped <see cref="MoveMachine"/> with a store and a network that can fail. What it moves to, and
/// why, is the business of whoever it is.
/// </summary>
public abstract class SimCoordinator : SimNode
{
    private MoveMachineState? _machine;
    private Routing? _target;
    private bool _busy;
    private bool _opened;
    private int _try;

    protected SimCoordinator(string id, SimWorld world)
        : base(id, world) => ClockSkew = world.Random.Below(1_000_000_000);

    /// <summary>Whether a try is under way.</summary>
    protected bool Busy => _busy;

    public override void Start()
    {
        Alive = true;
        _machine = null;
        _busy = false;
    }

    public override void Kill()
    {
        base.Kill();
        if (_machine is { Members.Count: > 0, Stage: not MoveStage.Done })
        {
            World.Counters.Count(SimEvent.KillsInsideMove);
        }
    }

    /// <summary>A promise arrives.</summary>
    public void Receive(GatewayReply.Held held) => Input(new MoveInput.HeldReceived(held));

    /// <summary>What it wants of the row; null when nothing, and then nothing is tried.</summary>
    protected abstract MoveWish? WishFor(EpochRow row, bool back);

    /// <summary>A try has ended; null when it never began.</summary>
    protected abstract void Ended(MoveOutcome? outcome);

    /// <summary>
    /// Makes one try: reads the row; an open attempt is resolved if its time is over, or given up when the way back is
    /// wished.
    /// </summary>
    protected void Try(bool back)
    {
        _busy = true;
        _try++;
        AskForTry<EpochRow>(
            () => World.Store.Read(SimWorld.Service),
            row =>
            {
                if (row is { Holding: false })
                {
                    Begin(row, back);
                }
                else if (row is null)
                {
                    End(null);
                }
                else
                {
                    AskForTry<EpochReply>(
                        () => back ? World.Abort(row.Attempt, Id) : World.Resolve(row.Attempt, Id),
                        reply => Closed(reply, row.Attempt, back)
                    );
                }
            }
        );
    }

    /// <summary>Forgets the try that is under way, and gives its attempt up if it has opened one.</summary>
    protected void GiveUp(Action then)
    {
        MoveMachineState? machine = _machine;
        _machine = null;
        _try++;
        if (machine is null or { Stage: MoveStage.Done })
        {
            _busy = false;
            then();
            return;
        }

        AskForTry<EpochReply>(
            () => World.Abort(machine.Attempt, Id),
            _ =>
            {
                _busy = false;
                then();
            }
        );
    }

    private void Closed(EpochReply? reply, long attempt, bool back)
    {
        if (reply is null || reply.Row.Holding)
        {
            End(null);
            return;
        }

        if (reply.Applied)
        {
            foreach (EpochMember member in reply.Members)
            {
                Send(member.Gateway, new MoveMessage.Abort(SimWorld.Service, attempt));
            }
        }

        Begin(reply.Row, back);
    }

    private void Begin(EpochRow row, bool back)
    {
        if (WishFor(row, back) is not { } wish)
        {
            _busy = false;
            return;
        }

        _target = wish.Target;
        _opened = false;
        _machine = new MoveMachineState(SimWorld.Service);
        World.HoldBound = Math.Max(World.HoldBound, (long)wish.Hold.TotalMicroseconds);
        Input(new MoveInput.Start(row, _target, wish.Drain, wish.Hold));
    }

    private void End(MoveOutcome? outcome)
    {
        _busy = false;
        Ended(outcome);
    }

    private void Input(MoveInput input)
    {
        if (_machine is null)
        {
            return;
        }

        (_machine, IReadOnlyList<MoveEffect> effects) = World.Mutation.Step(_machine, input, Clock);
        _opened |= _machine.Members.Count > 0;
        foreach (MoveEffect effect in effects)
        {
            CarryOut(effect);
        }
    }

    private void CarryOut(MoveEffect effect)
    {
        switch (effect)
        {
            case MoveEffect.StoreBegin begin:
                Ask(MoveStoreOp.Begin, () => World.Begin(begin.Epoch, begin.Attempt, begin.Target, begin.Hold, Id));
                break;
            case MoveEffect.StoreCommit commit:
                Ask(MoveStoreOp.Commit, () => World.Commit(commit.Attempt, Id));
                break;
            case MoveEffect.StoreAbort abort:
                Ask(MoveStoreOp.Abort, () => World.Abort(abort.Attempt, Id));
                break;
            case MoveEffect.StoreResolve resolve:
                Ask(MoveStoreOp.Resolve, () => World.Resolve(resolve.Attempt, Id));
                break;
            case MoveEffect.Send send:
                if (send.Message is MoveMessage.Hold hold)
                {
                    World.Checker.HoldSent(hold.Attempt, hold.Drain);
                }

                Send(send.Gateway, send.Message);
                break;
            case MoveEffect.WakeAt wake:
                Later(Virtual(wake.Time) - World.Now, () => Input(new MoveInput.Tick()));
                break;
            case MoveEffect.Done done:
                Report(done.Outcome);
                End(done.Outcome);
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    private void Report(MoveOutcome outcome)
    {
        switch (outcome)
        {
            case MoveOutcome.Committed committed:
                World.Checker.ReportedCommit(committed.Attempt, committed.Epoch, _target!);
                break;
            case MoveOutcome.Aborted when _opened:
                World.Checker.ReportedAbort(_machine!.Attempt);
                break;
            default:
                break;
        }
    }

    private void Send(string gateway, MoveMessage message)
    {
        SimGateway target = World.Gateway(gateway);
        World.Send(this, target, () => target.Receive(this, message));
    }

    private void Ask(MoveStoreOp op, Func<EpochReply> statement) =>
        AskForTry(statement, reply => Input(new MoveInput.StoreAnswered(op, reply)));

    // What was asked for a former try must not be taken for an answer to this one.
    private void AskForTry<T>(Func<T?> statement, Action<T?> answer)
        where T : class
    {
        int asked = _try;
        World.Ask(
            this,
            statement,
            value =>
            {
                if (_try == asked)
                {
                    answer(value);
                }
            }
        );
    }
}

/// <summary>What a coordinator wants.</summary>
/// <param name="Target">The document.</param>
/// <param name="Drain">What happens to requests in flight.</param>
/// <param name="Hold">Bound of the hold.</param>
public sealed record MoveWish(Routing Target, DrainMode Drain, TimeSpan Hold);
