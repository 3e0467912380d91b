using Handover.Core.Catalog;
using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Simulation;

/// <summary>
/// One seed: gateways, coordinators, a store and the network between them, in virtual time on one thread. Everything
/// that happens follows from the seed and the mutation.
/// </summary>
public sealed partial class SimWorld
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
    private long _calls;
    private long _lastCommitLost;
    private long _storeDownUntil;
    private long _storeClock = 500 * FaultMix.Ms;

    public SimWorld(ulong seed, Mutation mutation)
    {
        Random = new SimRandom(seed);
        Mutation = mutation;
        Checker = new HistoryChecker { Clock = () => Now };
        _faults = new FaultMix(Random);
        Engined = Random.OneIn(2);
        Keyed = Random.OneIn(2);
        ReplaySafe = Random.OneIn(3);
        Ledger = new SimLedger(mutation);
        Stacks = new SimStacks(this);
        Store = mutation.Store(() => DateTimeOffset.UnixEpoch.AddTicks((Now + _storeClock) * 10));
    }

    /// <summary>The segment whose customers may go back by themselves.</summary>
    public static Segment Gold { get; } = new("gold", Rule.Read("""{"==":[{"var":"tier"},"gold"]}"""));

    /// <summary>All others; where both move, they do so independently.</summary>
    public static Segment Silver { get; } = new("silver", Rule.Read("""{"!=":[{"var":"tier"},"gold"]}"""));

    public SimRandom Random { get; }
    public Mutation Mutation { get; }
    public SimEpochStore Store { get; }
    public HistoryChecker Checker { get; }
    public SimCounters Counters { get; } = new();

    /// <summary>Whether one engine with rollouts moves here, instead of two wanderers.</summary>
    public bool Engined { get; }

    /// <summary>Whether some requests bring a key.</summary>
    public bool Keyed { get; }

    /// <summary>Whether the service says that a second run does no harm.</summary>
    public bool ReplaySafe { get; }

    public SimRolloutLog Rollouts { get; } = new();
    public SimLedger Ledger { get; }
    public SimStacks Stacks { get; }
    public long Now => _agenda.Now;
    public long HoldBound { get; set; }

    /// <summary>Told what happens, line by line; null (and free of cost) unless a seed is looked at.</summary>
    public Action<string>? Trace { get; init; }

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

        if (Engined)
        {
            _coordinators.Add(new SimEngine("engine", this));
        }
        else
        {
            _coordinators.AddRange([new SimWanderer("ctl-0", this), new SimWanderer("ctl-1", this)]);
        }

        _gateways.ForEach(g => g.Start());
        _coordinators.ForEach(c => c.Start());
        NextFault();
        _agenda.Run(End, () => Checker.Violation is not null);
        if (Checker.Violation is null)
        {
            // An attempt that nobody was told of stays open until somebody looks; its time must be over by now.
            if (Store.Read(Service) is { Holding: true } open)
            {
                Resolve(open.Attempt, "end");
            }

            foreach (SimGateway gateway in _gateways)
            {
                Checker.Settled(gateway.Id, gateway.Serving, gateway.Epoch, Store.Read(Service)!.Holding);
            }

            Checker.RolloutsSettled();
        }
    }

    public void After(long delay, Action action) => _agenda.After(delay, action);

    public SimGateway Gateway(string id) => _gateways[id[^1] - '0'];

    /// <summary>One message between peers: lost, doubled, slow, or none of these.</summary>
    public void Send(SimNode from, SimNode to, Action deliver)
    {
        if (Now < from.MutedUntil || Faulty(_faults.Lose))
        {
            Counters.Count(SimEvent.LostMessages);
            return;
        }

        int copies = Faulty(_faults.Double) ? 2 : 1;
        if (copies == 2)
        {
            Counters.Count(SimEvent.DoubledMessages);
        }

        for (int i = 0; i < copies; i++)
        {
            bool slow = Faulty(_faults.SlowMessage);
            if (slow)
            {
                Counters.Count(SimEvent.LateMessages);
            }

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
            Counters.Count(SimEvent.LostRequests);
            return;
        }

        bool late = Faulty(_faults.SlowRequest);
        if (late)
        {
            Counters.Count(SimEvent.LateRequests);
        }

        long travel = late ? Random.Between(0, 1500) * FaultMix.Ms : Random.Between(100, 2000);
        After(travel, () => Serve(from, statement, Hear));
    }

    private void Serve<T>(SimNode from, Func<T?> statement, Action<T?> hear)
        where T : class
    {
        if (!StoreReachable(from))
        {
            return;
        }

        T? value = statement();
        if (Faulty(_faults.LoseReply))
        {
            Counters.Count(SimEvent.LostReplies);
            if (value is EpochReply { Applied: true, Row: { Holding: false } row } && row.Epoch > _lastCommitLost)
            {
                _lastCommitLost = row.Epoch;
                Counters.Count(SimEvent.LostReplyOfCommit);
            }

            return;
        }

        After(
            Random.Between(100, 2000),
            () =>
            {
                if (Now >= from.StoreCutUntil)
                {
                    hear(value);
                }
            }
        );
    }

    public EpochReply Begin(long epoch, long attempt, Routing target, TimeSpan hold, string actor)
    {
        EpochReply reply = Store.Begin(Service, epoch, attempt, target, hold, actor);
        if (reply.Applied)
        {
            Counters.Note(0xB0 + reply.Row.Attempt);
            Trace?.Invoke($"{actor} begins attempt {reply.Row.Attempt} at epoch {epoch}: {Text(target)}");
            Checker.Began(reply.Row.Attempt, reply.Members, target);
        }

        return reply;
    }

    public EpochReply Commit(long attempt, string actor)
    {
        Routing before = Store.Read(Service)!.Routing;
        EpochReply reply = Store.Commit(Service, attempt, actor);
        if (reply.Applied)
        {
            CountMove(before, reply.Row.Routing);
            Counters.Note(0xC0 + reply.Row.Epoch);
            Trace?.Invoke($"{actor} commits attempt {attempt} as epoch {reply.Row.Epoch}: {Text(reply.Row.Routing)}");
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
            Counters.Count(SimEvent.ResolvedByTime);
        }
        else if (actor[0] == 'g' && !reply.Row.Holding && reply.Row.Attempt == attempt)
        {
            Counters.Count(SimEvent.OutcomesPulled);
        }

        return reply;
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

    private EpochReply Close(EpochReply reply, long attempt)
    {
        if (reply.Applied)
        {
            Counters.Count(SimEvent.Aborts);
            Counters.Note(0xA0 + attempt);
            Trace?.Invoke($"attempt {attempt} ends without a commit");
            Checker.Ended(attempt);
        }

        return reply;
    }

    private static string Text(Routing r)
    {
        string segments = string.Concat(
            r.Segments.Select(s => s.Barred ? $", none of {s.Segment.Name}" : $", {s.Share} of {s.Segment.Name}")
        );
        return r.Closed ? $"closed, was {r.Stable}"
            : r.Candidate is null ? r.Stable
            : $"{r.Stable}, {r.Candidate} has {r.Share}{segments}";
    }
}
