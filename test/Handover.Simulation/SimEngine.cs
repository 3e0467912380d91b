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
    private readonly Queue<(string? Rollout, RolloutCommand Command)> _inbox = new();
    private RolloutState? _state;
    private Wanted? _move;
    private Wanted? _tried;
    private Wanted? _letGo;
    private Routing? _routing;
    private string? _wishAtDeath;
    private long _downSince = -1;
    private bool _loaded;
    private bool _persisting;
    private bool _waiting;
    private MoveTarget? _reached;
    private Routing? _moving;

    public override void Start()
    {
        base.Start();
        _inbox.Clear();
        _state = null;
        _move = null;
        _letGo = null;
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

    private void Post(RolloutCommand command) => Post(_state?.Id, command);

    // As in the shipped engine, where each rollout has an inbox of its own: what one was told is no news for the next.
    private void Post(string? rollout, RolloutCommand command)
    {
        // Nothing is lost: whatever is still wanted is derived again at the next tick.
        if (_inbox.Count < InboxLimit)
        {
            _inbox.Enqueue((rollout, command));
            Pump();
        }
    }

    private void Pump()
    {
        while (_loaded && !_persisting && _inbox.TryDequeue(out (string? Rollout, RolloutCommand Command) next))
        {
            RolloutCommand command = next.Command;
            bool begins = command is RolloutCommand.Begin;
            if (begins ? _state is { Open: true } : _state is null || next.Rollout != _state.Id)
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
        Wanted? wanted = WantedOf(effects);
        if (_routing is not null)
        {
            // What is to stop is kept as it is until nothing can open the service on it any more.
            string? stays = wanted?.Stop?.Release;
            World.Stacks.Want(release =>
                (!_routing.Closed && _routing.Releases.Contains(release))
                || effects.Any(e => e is RolloutEffect.KeepStack keep && keep.Release == release)
                || (release == stays && World.Stacks.Runs(release))
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

    // Stopping a stack begins with a move too: the service is closed (again) before.
    private Wanted? WantedOf(IReadOnlyList<RolloutEffect> effects)
    {
        if (effects.OfType<RolloutEffect.StopStack>().FirstOrDefault() is { } stop)
        {
            var closed = new MoveTarget.Closed(stop.Serving);
            var move = new RolloutEffect.Move(closed, Effects.DefaultHold, DrainMode.Dispatch, 0);
            var wanted = new Wanted(_state!.Id, move, stop, _state.Closed!.At);
            return Equals(wanted, _letGo) ? null : wanted;
        }

        return effects.OfType<RolloutEffect.Move>().FirstOrDefault() is { } next
            ? new Wanted(_state!.Id, next, null, null)
            : null;
    }

    private void StartMove()
    {
        if (_move is not { } move)
        {
            return;
        }

        _waiting = true;
        int failures = move.Move.Attempt;
        long pause = failures == 0 ? 0 : Math.Min(50L << Math.Min(failures - 1, 4), 800) * FaultMix.Ms;
        Later(
            pause,
            () =>
            {
                _waiting = false;
                if (!Busy && Equals(move, _move) && Ready(move.Move.Target))
                {
                    _tried = move;
                    Try(back: move.Move.Target is MoveTarget.Back);
                }
            }
        );
    }

    private bool Ready(MoveTarget target) =>
        target switch
        {
            _ when !World.Mutation.HeedsRefusal => true,
            // One stack is one stack: what an earlier rollout left must have ended before anything is closed for it.
            MoveTarget.Closed => _state is not { Closed: null, RollbackReason: null } || !World.Stacks.Draining,
            MoveTarget.Back => World.Stacks.Stage(_state!.From) == StackStage.Ready,
            _ => World.Stacks.Stage(_state!.Plan.To) == StackStage.Ready,
        };

    protected override MoveWish? WishFor(EpochRow row, bool back)
    {
        if (_move is not { } move || !Equals(move, _tried) || _state is null)
        {
            return null;
        }

        MoveTarget wished = move.Move.Target;
        Routing target = World.Mutation.Target(wished.RoutingFor(_state, row.Routing), row);
        if (RoutingCodec.Same(row.Routing, target))
        {
            _routing = row.Routing;
            Tell(move, row.Epoch, wished.Reached(target), TimeSpan.Zero);
            return null;
        }

        _reached = wished.Reached(target);
        _moving = target;
        return new MoveWish(target, move.Move.Drain ?? DrainMode.Atomic, move.Move.Hold);
    }

    protected override void Ended(MoveOutcome? outcome)
    {
        Wanted tried = _tried!;
        if (outcome is MoveOutcome.Committed done)
        {
            _routing = _moving;
            Tell(tried, done.Epoch, _reached!, done.Held);
        }
        else if (tried.Stop is null)
        {
            Post(tried.Rollout, new RolloutCommand.MoveFailed(tried.Move.Target, "not committed"));
        }
    }

    // A service that is closed (again) before a stack is stopped is no answer to anything: now the stack may stop.
    private void Tell(Wanted move, long epoch, MoveTarget reached, TimeSpan held)
    {
        if (move.Stop is null)
        {
            Post(move.Rollout, new RolloutCommand.MoveCommitted(epoch, reached, held));
            return;
        }

        _letGo = move;
        Later(0, Reconcile);
    }

    /// <summary>A move that is wanted, and for which rollout.</summary>
    /// <param name="Rollout">The rollout's id.</param>
    /// <param name="Move">The move.</param>
    /// <param name="Stop">The stack that stops after it; null when it is a move of the rollout itself.</param>
    /// <param name="ClosedAt">Which closing the stop belongs to.</param>
    private sealed record Wanted(
        string Rollout,
        RolloutEffect.Move Move,
        RolloutEffect.StopStack? Stop,
        DateTimeOffset? ClosedAt
    );
}
