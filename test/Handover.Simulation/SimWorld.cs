using Handover.Core.Catalog;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// One seed: gateways, coordinators, a store and the network between them, in virtual time on one thread. Everything
/// that happens follows from the seed and the mutation.
/// </summary>
public sealed class SimWorld
{
    public const string Service = "price";
    private const long End = 8_000 * FaultMix.Ms;
    private const long FaultsEnd = 5_000 * FaultMix.Ms;
    private const long StoreTimeout = 200 * FaultMix.Ms;
    private static readonly Routing First = Routing.Only(Service, "v1");

    private readonly SimAgenda _agenda = new();
    private readonly List<SimGateway> _gateways = [];
    private readonly List<SimCoordinator> _coordinators = [];
    private readonly FaultMix _faults;
    private long _requests;
    private long _storeDownUntil;
    private long _storeClock = 500 * FaultMix.Ms;

    public SimWorld(ulong seed, Mutation mutation)
    {
        Random = new SimRandom(seed);
        Mutation = mutation;
        _faults = new FaultMix(Random);
        Store = mutation.Store(() => DateTimeOffset.UnixEpoch.AddTicks((Now + _storeClock) * 10));
    }

    /// <summary>The segment whose customers may move by themselves.</summary>
    public static Segment Gold { get; } = new("gold", Rule.Read("""{"==":[{"var":"tier"},"gold"]}"""));

    public SimRandom Random { get; }
    public Mutation Mutation { get; }
    public SimEpochStore Store { get; }
    public HistoryChecker Checker { get; } = new();
    public SimCounters Counters { get; } = new();
    public long Now => _agenda.Now;
    public long HoldBound { get; set; }

    /// <summary>Whether the last seconds have begun: no faults, no new moves, everything must come to rest.</summary>
    public bool Settling => Now >= FaultsEnd;

    /// <summary>Runs it to its end or to the first violation.</summary>
    public void Run()
    {
        Store.Ensure(Service, First);
        Checker.Created(First);
        int gateways = 2 + Random.Below(3);
        for (int i = 0; i < gateways; i++)
        {
            _gateways.Add(new SimGateway($"gw-{i}", this));
        }

        for (int i = 0; i < 2; i++)
        {
            _coordinators.Add(new SimCoordinator($"ctl-{i}", this));
        }

        _gateways.ForEach(g => g.Start());
        _coordinators.ForEach(c => c.Start());
        NextFault();
        _agenda.Run(End, () => Checker.Violation is not null);
        if (Checker.Violation is null)
        {
            foreach (SimGateway gateway in _gateways)
            {
                Checker.Settled(gateway.Id, gateway.Serving, gateway.Epoch, Store.Read(Service)!.Holding);
            }
        }
    }

    public void After(long delay, Action action) =>
        _agenda.After(
            delay,
            () =>
            {
                Checker.Now = Now;
                action();
            }
        );

    public SimGateway Gateway(string id) => _gateways[id[^1] - '0'];

    /// <summary>One message between peers: lost, doubled, slow, or none of these.</summary>
    public void Send(SimNode from, SimNode to, Action deliver)
    {
        if (Now < from.MutedUntil || Faulty(_faults.Lose))
        {
            return;
        }

        int copies = Faulty(_faults.Double) ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            bool slow = Faulty(_faults.SlowMessage);
            long delay = slow ? Random.Between(0, 1500) * FaultMix.Ms : Random.Between(100, 2000);
            After(
                delay,
                () =>
                {
                    if (Now >= to.DeafUntil)
                    {
                        to.Do(to.Life, deliver);
                    }
                }
            );
        }
    }

    /// <summary>
    /// One statement: its request may be lost or arrive long after the asker has given up, its answer may be lost. The
    /// asker hears exactly once; null means that the outcome is unknown.
    /// </summary>
    public void Ask<T>(SimNode from, Func<T?> statement, Action<T?> answer, bool always = false)
        where T : class
    {
        int life = from.Life;
        bool heard = false;
        void Hear(T? value)
        {
            if (heard)
            {
                return;
            }

            heard = true;
            if (always)
            {
                answer(value);
            }
            else
            {
                from.Do(life, () => answer(value));
            }
        }

        After(StoreTimeout, () => Hear(null));
        if (Faulty(_faults.LoseRequest))
        {
            return;
        }

        long travel = Faulty(_faults.SlowRequest) ? Random.Between(0, 1500) * FaultMix.Ms : Random.Between(100, 2000);
        After(
            travel,
            () =>
            {
                if (Now < _storeDownUntil || Now < from.StoreCutUntil)
                {
                    return;
                }

                T? value = statement();
                if (Faulty(_faults.LoseReply))
                {
                    Counters.LostReplies++;
                    return;
                }

                After(
                    Random.Between(100, 2000),
                    () =>
                    {
                        if (Now >= from.StoreCutUntil)
                        {
                            Hear(value);
                        }
                    }
                );
            }
        );
    }

    public EpochReply Begin(long epoch, long attempt, Routing target, TimeSpan hold, string actor)
    {
        EpochReply reply = Store.Begin(Service, epoch, attempt, target, hold, actor);
        if (reply.Applied)
        {
            Counters.Note(0xB0 + reply.Row.Attempt);
            Checker.Began(reply.Row.Attempt, reply.Members, target);
        }

        return reply;
    }

    public EpochReply Commit(long attempt, string actor)
    {
        EpochReply reply = Store.Commit(Service, attempt, actor);
        if (reply.Applied)
        {
            Counters.Commits++;
            Counters.Note(0xC0 + reply.Row.Epoch);
            Checker.Committed(attempt, reply.Row.Epoch, reply.Row.Routing);
        }

        return reply;
    }

    public EpochReply Abort(long attempt, string actor) =>
        Close(Store.Abort(Service, attempt, actor, "given up"), attempt);

    public EpochReply Resolve(long attempt, string actor)
    {
        EpochReply reply = Close(Store.Resolve(Service, attempt, actor), attempt);
        if (reply.Applied)
        {
            Counters.Resolves++;
        }
        else if (actor[0] == 'g' && !reply.Row.Holding && reply.Row.Attempt == attempt)
        {
            Counters.PulledOutcomes++;
        }

        return reply;
    }

    public SimRequest NextRequest(string gateway)
    {
        var request = new SimRequest(++_requests, Random.Below(SimEntities.Count), Now);
        Checker.Arrived(gateway, request.Number);
        return request;
    }

    public void Dispatched(string gateway, SimRequest request, long epoch, string release)
    {
        Counters.Dispatches++;
        if (Now - request.Arrived > 2_000 * FaultMix.Ms)
        {
            Counters.Late++;
        }

        Counters.Note((Now * 31) + (epoch * 7) + request.Entity);
        Checker.Dispatched(gateway, request.Number, request.Entity, epoch, release);
    }

    /// <summary>
    /// A gateway's hold ended; without faults it may last its bound, the grace, a pause with jitter and a round trip.
    /// </summary>
    public void HoldEnded(string gateway, long micros)
    {
        if (!_faults.Any)
        {
            Checker.HoldLasted(gateway, micros, HoldBound + (130 * FaultMix.Ms));
        }
    }

    public long ServiceTime() =>
        Faulty(_faults.LongRequest) ? Random.Between(300, 1500) * FaultMix.Ms : Random.Between(2_000, 32_000);

    public long DiskTime() =>
        Faulty(_faults.SlowDisk) ? Random.Between(20, 300) * FaultMix.Ms : Random.Between(300, 3_000);

    private EpochReply Close(EpochReply reply, long attempt)
    {
        if (reply.Applied)
        {
            Counters.Aborts++;
            Counters.Note(0xA0 + attempt);
            Checker.Ended(attempt);
        }

        return reply;
    }

    private bool Faulty(int oneIn) => !Settling && Random.OneIn(oneIn);

    private void NextFault() =>
        After(
            Random.Between(50, 900) * FaultMix.Ms,
            () =>
            {
                if (!Settling)
                {
                    Strike();
                    NextFault();
                }
            }
        );

    private void Strike()
    {
        SimNode victim = Random.OneIn(3)
            ? _coordinators[Random.Below(_coordinators.Count)]
            : _gateways[Random.Below(_gateways.Count)];
        long until = Math.Min(FaultsEnd, Now + (Random.Between(1, 2500) * FaultMix.Ms));
        switch (Random.Below(6))
        {
            case 0 when _faults.Pause:
                victim.PausedUntil = until;
                break;
            case 1 when _faults.Partition:
                Cut(victim, until);
                break;
            case 2 when _faults.Outage:
                _storeDownUntil = until;
                break;
            case 3 when _faults.Kill && victim.Alive:
                KillAndRestart(victim, until);
                break;
            case 4 when _faults.Leave && victim is SimGateway { Alive: true } gateway:
                gateway.Leave();
                break;
            case 5 when _faults.ClockJump:
                _storeClock += Random.Between(-600, 600) * FaultMix.Ms;
                break;
            default:
                break;
        }
    }

    // In one direction, in both, from the store only, or from everything.
    private void Cut(SimNode victim, long until)
    {
        int ways = 1 + Random.Below(7);
        victim.MutedUntil = (ways & 1) != 0 ? until : victim.MutedUntil;
        victim.DeafUntil = (ways & 2) != 0 ? until : victim.DeafUntil;
        victim.StoreCutUntil = (ways & 4) != 0 ? until : victim.StoreCutUntil;
    }

    // Often the store is out of reach at the restart: then the gateway's own file decides.
    private void KillAndRestart(SimNode victim, long until)
    {
        victim.Kill();
        victim.PausedUntil = 0;
        if (Random.OneIn(2))
        {
            victim.StoreCutUntil = until;
        }

        int life = victim.Life;
        After(
            Random.OneIn(2) ? Random.Between(1, 60) * FaultMix.Ms : (until - Now) / 2,
            () =>
            {
                if (victim.Life == life)
                {
                    victim.Start();
                }
            }
        );
    }
}
