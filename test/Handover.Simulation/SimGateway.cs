using System.Globalization;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// A gateway: the shipped <see cref="GatewayAgent"/> with a data plane, a disk and a network that can fail.
/// </summary>
public sealed partial class SimGateway : SimNode
{
    private readonly List<SimRequest> _waiting = [];
    private readonly Queue<(LastKnownGood Good, long? Held)> _writes = new();
    private readonly int[] _inFlight = new int[SimEntities.Count];
    private readonly int[] _claiming = new int[SimEntities.Count];
    private readonly int[] _pins = new int[SimEntities.BothReleases.Count];
    private GatewayAgentState _agent;
    private LastKnownGood? _disk;
    private SimCoordinator? _asker;
    private (long Attempt, uint Mask, DrainMode Drain)? _draining;
    private Routing? _routing;
    private long _epoch;
    private uint _heldMask;
    private bool _leaving;
    private bool _writing;
    private long _holdSince;

    public SimGateway(string id, SimWorld world)
        : base(id, world)
    {
        _agent = new GatewayAgentState(SimWorld.Service, id, "");
        ClockSkew = world.Random.Below(1_000_000_000);
    }

    /// <summary>Whether it serves at the end of a run.</summary>
    public bool Serving => Alive && _agent.Mode == GatewayMode.Serving;

    /// <summary>The epoch that it knows.</summary>
    public long Epoch => _agent.Epoch;

    /// <summary>Requests that are on their way to a release or in flight on it, with their later hops.</summary>
    public int Pins(string release) => _pins[SimEntities.Index(release)];

    public override void Start()
    {
        Alive = true;
        _leaving = false;
        _writing = false;
        _epoch = 0;
        _routing = null;
        _heldMask = 0;
        _draining = null;
        _asker = null;
        _agent = new GatewayAgentState(SimWorld.Service, Id, NameOf(Life));
        Input(new GatewayInput.Booted(_disk));
        if (Life > 1)
        {
            TakeOver(NameOf(Life - 1));
        }

        NextArrival();
    }

    public override void Kill()
    {
        base.Kill();
        World.Counters.Count(_agent.Hold is null ? SimEvent.GatewayKills : SimEvent.KillsWhileHeld);
        World.Checker.Died(Id);
        _waiting.Clear();
        _writes.Clear();
        Array.Clear(_inFlight);
        Array.Clear(_claiming);
        Array.Clear(_pins);
    }

    /// <summary>Leaves in order: drains, takes itself off the store's list, ends.</summary>
    public void Leave()
    {
        _leaving = true;
        TryLeave();
    }

    /// <summary>A message arrives.</summary>
    public void Receive(SimCoordinator from, MoveMessage message)
    {
        if (message is MoveMessage.Hold)
        {
            _asker = from;
        }

        Input(new GatewayInput.MessageReceived(message));
    }

    private void TryLeave()
    {
        // Who has not got away when the faults end stays.
        if (World.Settling)
        {
            _leaving = false;
            NextArrival();
            return;
        }

        if (_inFlight.Any(n => n > 0) || _waiting.Count > 0)
        {
            Later(20 * FaultMix.Ms, TryLeave);
            return;
        }

        // From here on it dispatches nothing, so whatever it promised it keeps. Its file would be a lie once it is off
        // the list, because then a move does not wait for it.
        World.Trace?.Invoke($"{Id} has drained and leaves");
        _disk = null;
        Alive = false;
        var member = new EpochMember(Id, _agent.Incarnation);
        Life++;
        void Ask()
        {
            World.Ask(
                this,
                () =>
                {
                    World.Store.Leave(SimWorld.Service, member);
                    World.Trace?.Invoke($"{Id} is off the list");
                    World.Checker.Left(Id);
                    return "left";
                },
                answer =>
                {
                    long pause = (answer is null ? 50 : World.Random.Between(1, 1500)) * FaultMix.Ms;
                    World.After(pause, answer is null ? Ask : Start);
                },
                always: true
            );
        }

        Ask();
    }

    private void Input(GatewayInput input)
    {
        bool held = _agent.Hold is not null;
        (_agent, IReadOnlyList<GatewayEffect> effects) = World.Mutation.Step(_agent, input, Clock);
        if (input is GatewayInput.Joined joined)
        {
            CountBoot(joined, held);
        }

        if (!held && _agent.Hold is not null)
        {
            _holdSince = World.Now;
        }

        foreach (GatewayEffect effect in effects)
        {
            CarryOut(effect);
        }

        if (held && _agent.Hold is null)
        {
            World.HoldEnded(Id, World.Now - _holdSince);
        }
    }

    private void CountBoot(GatewayInput.Joined joined, bool held)
    {
        if (!held && _agent.Hold is not null)
        {
            World.Counters.Count(SimEvent.JoinedIntoHold);
        }
        else if (joined.Reply is null && _agent is { Registered: false, Routing: not null })
        {
            World.Counters.Count(SimEvent.ServedFromFile);
        }
    }

    private void CarryOut(GatewayEffect effect)
    {
        switch (effect)
        {
            case GatewayEffect.HoldSlice hold:
                World.Trace?.Invoke($"{Id} holds for attempt {hold.Attempt} at epoch {hold.Epoch}");
                Snapshot(hold.Epoch, hold.Slice.From, SimEntities.Mask(hold.Slice.From, hold.Slice.To));
                _draining = (hold.Attempt, _heldMask, hold.Drain);
                CheckDrained();
                break;
            case GatewayEffect.PersistHeld persist:
                Write(persist.Attempt);
                break;
            case GatewayEffect.SendHeld held:
                World.Checker.HeldSaid(Id, held.Attempt);
                World.Trace?.Invoke($"{Id} says HELD({held.Attempt})");
                if (_asker is { } asker)
                {
                    var reply = new GatewayReply.Held(SimWorld.Service, held.Attempt, Id, _agent.Incarnation);
                    World.Send(this, asker, () => asker.Receive(reply));
                }

                break;
            case GatewayEffect.Publish publish:
                _draining = null;
                World.Trace?.Invoke($"{Id} serves epoch {publish.Epoch}");
                Snapshot(publish.Epoch, publish.Routing, 0);
                Write(null);
                break;
            case GatewayEffect.Resolve resolve:
                World.Ask(
                    this,
                    () => World.Resolve(resolve.Attempt, Id),
                    reply => Input(new GatewayInput.Resolved(resolve.Attempt, reply))
                );
                break;
            case GatewayEffect.Join:
                var member = new EpochMember(Id, _agent.Incarnation);
                World.Ask(
                    this,
                    () =>
                    {
                        World.Trace?.Invoke($"{member.Incarnation} joins");
                        return World.Store.Join(SimWorld.Service, member);
                    },
                    reply => Input(new GatewayInput.Joined(reply))
                );
                break;
            case GatewayEffect.WakeAt wake:
                Later(Virtual(wake.Time) - World.Now, () => Input(new GatewayInput.Tick()));
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    // One swap; then every waiting request is looked at again, in order of arrival.
    private void Snapshot(long epoch, Routing routing, uint heldMask)
    {
        _epoch = epoch;
        _routing = routing;
        _heldMask = heldMask;
        List<SimRequest> waiting = World.Mutation.Release([.. _waiting]);
        _waiting.Clear();
        foreach (SimRequest request in waiting)
        {
            Route(request);
        }
    }

    private void Route(SimRequest request)
    {
        bool held = (_heldMask >> request.Entity & 1) == 1;
        if (_routing is null || _routing.Closed || held)
        {
            if (_routing is not null)
            {
                World.Checker.Buffered(Id, request.Entity);
            }

            _waiting.Add(request);
            return;
        }

        string release = SimEntities.Releases(_routing)[request.Entity];
        if (request.Call is null)
        {
            Enter(request.Entity, release);
            Send(request, release, _epoch, () => Exit(request.Entity, release));
        }
        else
        {
            Admit(request, release);
        }
    }

    // A request is in flight from before it is sent (or claimed) until its caller has the answer.
    private void Enter(int entity, string release)
    {
        _inFlight[entity]++;
        _pins[SimEntities.Index(release)]++;
    }

    private void Exit(int entity, string release)
    {
        _inFlight[entity]--;
        _pins[SimEntities.Index(release)]--;
        CheckDrained();
    }

    private void Send(SimRequest request, string release, long epoch, Action answered)
    {
        World.Dispatched(Id, request, epoch, release);
        int life = Life;
        long service = World.ServiceTime();
        if (World.Random.OneIn(6))
        {
            World.Hop(service / 2, request, release, epoch);
        }

        World.After(service, () => Answered(life, request, answered));
    }

    /// <summary>A member asks for its release's next member: the pin decides, not what is in force here.</summary>
    public void Hop(SimRequest request, string pinned, long epoch)
    {
        if (_routing is null)
        {
            return;
        }

        World.Counters.Count(_epoch > epoch ? SimEvent.HopsAfterMove : SimEvent.SecondHops);
        string release = World.Mutation.Hop(pinned, SimEntities.Releases(_routing)[request.Entity]);
        World.Checker.Hopped(Id, request.Number, release, World.Stacks.Reachable(release));
    }

    /// <summary>A caller's request arrives.</summary>
    public void Arrive(SimRequest request)
    {
        if (request.Call is null)
        {
            World.Checker.Arrived(Id, request.Number);
        }

        Route(request);
    }

    private void Answered(int life, SimRequest request, Action answered)
    {
        // The answer exists whether or not the gateway is paused; the gateway takes note when it runs.
        if (Life != life)
        {
            return;
        }

        World.Checker.Completed(request.Number);
        Do(life, answered);
    }

    private void CheckDrained()
    {
        if (_draining is not { } draining)
        {
            return;
        }

        // What was admitted and waits for the ledger goes out whatever the mode: it can no longer be held.
        bool claims = World.Mutation.DrainsClaims;
        for (int i = 0; i < _inFlight.Length; i++)
        {
            int left =
                draining.Drain == DrainMode.Atomic ? _inFlight[i] - (claims ? 0 : _claiming[i])
                : claims ? _claiming[i]
                : 0;
            if ((draining.Mask >> i & 1) == 1 && left > 0)
            {
                return;
            }
        }

        _draining = null;
        Later(World.Random.Between(0, 300), () => Input(new GatewayInput.SliceDrained(draining.Attempt)));
    }

    private void Write(long? held)
    {
        _writes.Enqueue((_agent.LastKnownGood!, held));
        if (!_writing)
        {
            WriteNext();
        }
    }

    // Writes reach the disk in order; one that was not finished at a kill is as if it had never been.
    private void WriteNext()
    {
        _writing = true;
        Later(
            World.DiskTime(),
            () =>
            {
                (LastKnownGood good, long? held) = _writes.Dequeue();
                _disk = World.Mutation.Write(_disk, good);
                _writing = false;
                if (_writes.Count > 0)
                {
                    WriteNext();
                }

                if (held is { } attempt)
                {
                    Input(new GatewayInput.HeldPersisted(attempt));
                }
            }
        );
    }

    // In order, as ids of lives are.
    private string NameOf(int life) => string.Create(CultureInfo.InvariantCulture, $"{Id}.{life:d4}");

    private void NextArrival() =>
        Later(
            World.Random.Between(5 * FaultMix.Ms, 65 * FaultMix.Ms),
            () =>
            {
                if (!_leaving)
                {
                    World.NextRequest(this);
                    NextArrival();
                }
            }
        );
}
