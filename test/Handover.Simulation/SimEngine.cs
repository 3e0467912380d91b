using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// The rollout engine: the shipped <see cref="Decider"/>, <see cref="Evolver"/> and <see cref="Effects"/> over a store
/// that can fail, moving by the shipped machine. It decides, persists, then acts; killed at any point it folds what is
/// stored and derives the same work. People start rollouts, shift, pause and take back; gates promote and condemn.
/// </summary>
public sealed partial class SimEngine(string id, SimWorld world) : SimCoordinator(id, world)
{
    private const int InboxLimit = 16;
    private const long TickEvery = 100 * FaultMix.Ms;
    private readonly Queue<RolloutCommand> _inbox = new();
    private RolloutState? _state;
    private RolloutEffect.Move? _move;
    private RolloutEffect.Move? _tried;
    private Routing? _routing;
    private string? _wishAtDeath;
    private long _downSince = -1;
    private bool _loaded;
    private bool _persisting;
    private bool _waiting;
    private bool _closing;
    private MoveTarget? _reached;
    private Routing? _moving;

    public override void Start()
    {
        base.Start();
        _inbox.Clear();
        _state = null;
        _move = null;
        _routing = null;
        _waiting = false;
        Load();
        Later(TickEvery, Tick);
    }

    public override void Kill()
    {
        base.Kill();
        if (_state is { Open: true, RollbackReason: not null })
        {
            _wishAtDeath = _state.Id;
        }
    }

    // The outcome of the last append may be unknown: what is stored is what has happened.
    private void Load()
    {
        _loaded = false;
        World.Ask(
            this,
            World.Rollouts.Newest,
            newest =>
            {
                if (newest is null)
                {
                    Later(20 * FaultMix.Ms, Load);
                    return;
                }

                _state = newest.State;
                _loaded = true;
                _persisting = false;
                Reconcile();
                Pump();
            }
        );
    }

    private void Tick()
    {
        Later(TickEvery, Tick);
        if (!_loaded)
        {
            return;
        }

        if (_state is { } state && (state.Open || state.KeepOldUntil is not null || state.Reopened is not null))
        {
            Post(new RolloutCommand.Tick());
            Work(state);
            Judge(state);
            Wish(state);
        }
        else if (!World.Settling && World.Random.OneIn(4))
        {
            BeginRollout();
        }

        Reconcile();
    }

    private void Post(RolloutCommand command)
    {
        // Nothing is lost: whatever is still wanted is derived again at the next tick.
        if (_inbox.Count < InboxLimit)
        {
            _inbox.Enqueue(command);
            Pump();
        }
    }

    private void Pump()
    {
        while (_loaded && !_persisting && _inbox.TryDequeue(out RolloutCommand? command))
        {
            bool begins = command is RolloutCommand.Begin;
            if (begins ? _state is { Open: true } : _state is null)
            {
                continue;
            }

            RolloutState? before = begins ? null : _state;
            Result<IReadOnlyList<RolloutEvent>> decided = Decider.Decide(before, command, Clock);
            if (decided.Ok && decided.Value.Count > 0)
            {
                Persist(before, decided.Value, command);
            }
        }
    }

    private void Persist(RolloutState? before, IReadOnlyList<RolloutEvent> events, RolloutCommand command)
    {
        string rollout = before?.Id ?? ((RolloutEvent.Started)events[0]).Id;
        RolloutState next = events.Aggregate(before, Evolver.Evolve)!;
        bool first = World.Mutation.PersistsFirst;
        _persisting = true;
        if (!first)
        {
            Act(next, command);
        }

        World.Ask(
            this,
            () => World.Append(rollout, before?.Version ?? 0, events),
            answer =>
            {
                if (answer is not { Applied: true })
                {
                    Load();
                    return;
                }

                _persisting = false;
                if (first)
                {
                    Act(next, command);
                }

                Pump();
            }
        );
    }

    private void Act(RolloutState next, RolloutCommand command)
    {
        _state = next;
        if (command is RolloutCommand.Rollback)
        {
            World.Checker.RollbackAcknowledged(next.Id);
        }

        if (next is { Status: RolloutStatus.RolledBack } && _wishAtDeath == next.Id)
        {
            World.Counters.Count(SimEvent.WishesOutlivingDeath);
            _wishAtDeath = null;
        }

        Reconcile();
    }

    // What runs is made equal to what is wanted, as the shipped runner does it.
    private void Reconcile()
    {
        if (!_loaded)
        {
            return;
        }

        if (World.StoreReachable(this))
        {
            _routing = World.Store.Read(SimWorld.Service)!.Routing;
        }

        IReadOnlyList<RolloutEffect> effects = _state is null ? [] : Effects.Of(_state);
        if (_routing is not null)
        {
            World.Stacks.Want(release =>
                (!_routing.Closed && _routing.Releases.Contains(release))
                || effects.Any(e => e is RolloutEffect.KeepStack keep && keep.Release == release)
            );
        }

        RolloutEffect.Move? wanted = effects.OfType<RolloutEffect.Move>().FirstOrDefault();
        RolloutEffect.StopStack? stop = effects.OfType<RolloutEffect.StopStack>().FirstOrDefault();
        _closing = stop is not null;
        if (stop is not null)
        {
            wanted = new RolloutEffect.Move(
                new MoveTarget.Closed(stop.Serving),
                Effects.DefaultHold,
                DrainMode.Dispatch,
                0
            );
        }

        bool changed = !Equals(wanted, _move);
        _move = wanted;
        if (changed && Busy)
        {
            GiveUp(StartMove);
        }
        else if (!Busy && !_waiting)
        {
            StartMove();
        }
    }

    private void StartMove()
    {
        if (_move is not { } move)
        {
            return;
        }

        _waiting = true;
        long pause = move.Attempt == 0 ? 0 : Math.Min(50L << Math.Min(move.Attempt - 1, 4), 800) * FaultMix.Ms;
        Later(
            pause,
            () =>
            {
                _waiting = false;
                if (!Busy && Equals(move, _move) && Ready(move.Target))
                {
                    _tried = move;
                    Try(back: move.Target is MoveTarget.Back);
                }
            }
        );
    }

    private bool Ready(MoveTarget target) =>
        target switch
        {
            _ when !World.Mutation.HeedsRefusal => true,
            MoveTarget.Closed => true,
            MoveTarget.Back => World.Stacks.Stage(_state!.From) == StackStage.Ready,
            _ => World.Stacks.Stage(_state!.Plan.To) == StackStage.Ready,
        };

    protected override MoveWish? WishFor(EpochRow row, bool back)
    {
        if (_move is not { } move || !Equals(move, _tried) || _state is null)
        {
            return null;
        }

        Routing target = World.Mutation.Target(move.Target.RoutingFor(_state, row.Routing), row);
        if (RoutingCodec.Same(row.Routing, target))
        {
            _routing = row.Routing;
            Tell(row.Epoch, move.Target.Reached(target), TimeSpan.Zero);
            return null;
        }

        _reached = move.Target.Reached(target);
        _moving = target;

        return new MoveWish(target, move.Drain ?? DrainMode.Atomic, move.Hold);
    }

    protected override void Ended(MoveOutcome? outcome)
    {
        if (outcome is MoveOutcome.Committed done)
        {
            _routing = _moving;
            Tell(done.Epoch, _reached!, done.Held);
        }
        else if (!_closing)
        {
            Post(new RolloutCommand.MoveFailed(_tried!.Target, "not committed"));
        }
    }

    // Before a stack is stopped its service is closed (again): that is no answer to anything.
    private void Tell(long epoch, MoveTarget reached, TimeSpan held)
    {
        if (!_closing)
        {
            Post(new RolloutCommand.MoveCommitted(epoch, reached, held));
        }
    }
}
