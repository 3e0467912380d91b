using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// A coordinator: the shipped <see cref="MoveMachine"/>, and above it somebody who starts rollouts, shifts shares,
/// switches, closes and rolls back. Two of them run at once and know nothing of each other.
/// </summary>
public sealed class SimCoordinator : SimNode
{
    private MoveMachineState? _machine;
    private Routing? _target;
    private bool _busy;
    private bool _opened;
    private int _try;

    public SimCoordinator(string id, SimWorld world)
        : base(id, world) => ClockSkew = world.Random.Below(1_000_000_000);

    public override void Start()
    {
        Alive = true;
        _machine = null;
        _busy = false;
        NextWish();
    }

    /// <summary>A promise arrives.</summary>
    public void Receive(GatewayReply.Held held) => Input(new MoveInput.HeldReceived(held));

    private void NextWish() =>
        Later(
            World.Random.Between(50, 800) * FaultMix.Ms,
            () =>
            {
                NextWish();
                if (!_busy)
                {
                    Look();
                }
            }
        );

    // Reads the row; an open attempt is resolved if its time is over, or given up when a rollback is wished.
    private void Look()
    {
        _busy = true;
        bool rollback = World.Random.OneIn(4);
        World.Ask(
            this,
            () => World.Store.Read(SimWorld.Service),
            row =>
            {
                if (row is { Holding: false })
                {
                    Begin(row, rollback);
                }
                else if (row is null)
                {
                    _busy = false;
                }
                else if (rollback)
                {
                    World.Ask(this, () => World.Abort(row.Attempt, Id), reply => Closed(reply, row.Attempt, rollback));
                }
                else
                {
                    World.Ask(
                        this,
                        () => World.Resolve(row.Attempt, Id),
                        reply => Closed(reply, row.Attempt, rollback)
                    );
                }
            }
        );
    }

    private void Closed(EpochReply? reply, long attempt, bool rollback)
    {
        if (reply is null || reply.Row.Holding)
        {
            _busy = false;
            return;
        }

        if (reply.Applied)
        {
            foreach (EpochMember member in reply.Members)
            {
                Send(member.Gateway, new MoveMessage.Abort(SimWorld.Service, attempt));
            }
        }

        Begin(reply.Row, rollback);
    }

    private void Begin(EpochRow row, bool rollback)
    {
        if (World.Settling && !row.Routing.Closed)
        {
            _busy = false;
            return;
        }

        (_target, DrainMode drain) = Wish(row, rollback);
        _opened = false;
        _try++;
        _machine = new MoveMachineState(SimWorld.Service);
        TimeSpan hold = TimeSpan.FromMilliseconds(World.Random.OneIn(4) ? 100 : 400);
        World.HoldBound = Math.Max(World.HoldBound, (long)hold.TotalMicroseconds);
        Input(new MoveInput.Start(row, _target, drain, hold));
    }

    private (Routing Target, DrainMode Drain) Wish(EpochRow row, bool rollback)
    {
        Routing now = row.Routing;
        if (rollback && now.Candidate is not null)
        {
            return (Routing.Only(SimWorld.Service, now.Stable), DrainMode.Dispatch);
        }

        DrainMode drain = World.Random.OneIn(4) ? DrainMode.Dispatch : DrainMode.Atomic;
        string other = string.Equals(now.Stable, "v1", StringComparison.Ordinal) ? "v2" : "v1";
        if (now.Closed)
        {
            return (Routing.Only(SimWorld.Service, World.Random.OneIn(2) ? other : now.Stable, switched: true), drain);
        }

        if (now.Candidate is null)
        {
            return World.Random.Below(6) switch
            {
                0 => (now with { Closed = true }, drain),
                1 => (Routing.Only(SimWorld.Service, other, switched: true), drain),
                2 => (
                    now with
                    {
                        Candidate = other,
                        Salt = $"s{row.Epoch}",
                        Segments = [new SegmentShare(SimWorld.Gold, Share.All)],
                    },
                    drain
                ),
                _ => (now with { Candidate = other, Salt = $"s{row.Epoch}", Share = new Share(20_000) }, drain),
            };
        }

        int more = now.Share.Parts + 10_000 + World.Random.Below(60_000);
        return more < Share.Whole
            ? (now with { Share = new Share(more) }, drain)
            : (Routing.Only(SimWorld.Service, now.Candidate, switched: true), drain);
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
                _busy = false;
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

    // A machine of a former try must not take the answers of this one for its own.
    private void Ask(MoveStoreOp op, Func<EpochReply> statement)
    {
        int asked = _try;
        World.Ask(
            this,
            statement,
            reply =>
            {
                if (_try == asked)
                {
                    Input(new MoveInput.StoreAnswered(op, reply));
                }
            }
        );
    }
}
