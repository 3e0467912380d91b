using Handover.Control.Evidence;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit.Stores;
using Handover.Tests.Journal;

namespace Handover.Tests.Record;

/// <summary>A rollout at 10 % whose exchanges a test makes up, over real stores on disk.</summary>
internal sealed class EvidenceWorld : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("evidence-").FullName;
    private int _next;

    public EvidenceWorld(GatePlan? gates = null, Service? service = null)
    {
        Service = service ?? Plain;
        Database = SqliteDatabase.Open(Path.Combine(_directory, "state.db"));
        Store = new RolloutStore(Database);
        State = new RolloutState
        {
            Id = "p.1",
            Plan = new RolloutPlan
            {
                Name = "p",
                Service = "price",
                To = "v2",
                Salt = "p",
                Phases =
                [
                    new Phase.Start(TimeSpan.FromMinutes(1)),
                    new Phase.Shift(Share.FromPercent(10), null, TimeSpan.FromMinutes(5), 100),
                    new Phase.Retire(TimeSpan.FromHours(1)),
                ],
                Gates = gates ?? new GatePlan { Metrics = [new MetricGate("errors", new Ratio(0.2))] },
            },
            From = "v1",
            StartedBy = "ada",
            StartedAt = Clock.GetUtcNow(),
            Status = RolloutStatus.Running,
            PhaseIndex = 1,
            PhaseSettled = true,
            Share = Share.FromPercent(10),
        };
        Collector = Restart();
    }

    public static Service Plain =>
        new()
        {
            Name = "price",
            Route = new ServiceRoute("/v2/models/price"),
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-customer-id"),
        };

    public Service Service { get; set; }

    public TestClock Clock { get; } = new();

    public SqliteDatabase Database { get; }

    public RolloutStore Store { get; }

    public RolloutState State { get; set; }

    public EvidenceCollector Collector { get; private set; }

    /// <summary>As after kill -9: everything that was only in memory is gone.</summary>
    public EvidenceCollector Restart()
    {
        Collector = new EvidenceCollector(Store, Clock, () => CatalogSnapshot.Empty);
        Collector.Begin(State, Service);
        return Collector;
    }

    /// <summary>One second of requests by new entities, each drawn as the gateway would draw it.</summary>
    public Verdict Second(int requests, Func<string, bool> fails, Func<string, int, double>? price = null)
    {
        for (int i = 0; i < requests; i++)
        {
            Send($"c-{_next}", fails, price);
        }

        Clock.Advance(TimeSpan.FromSeconds(1));
        return Collector.Judge(State, Clock.GetUtcNow()) is [var first, ..] ? first.Verdict : null!;
    }

    /// <summary>One request of an entity.</summary>
    public Exchange Send(string entity, Func<string, bool> fails, Func<string, int, double>? price = null)
    {
        int i = _next++;
        bool candidate = Assignment.Bucket("p", entity) < State.Share.Parts;
        string release = candidate ? "v2" : "v1";
        Exchange exchange = Exchanges.One(i, release, price: price?.Invoke(release, i) ?? 100) with
        {
            Entity = entity,
            At = Clock.GetUtcNow(),
            Reason = candidate ? AssignReason.Share : AssignReason.Stable,
            CandidateShare = State.Share,
            Outcome = fails(release) ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok,
        };
        Collector.Record(exchange);
        return exchange;
    }

    public void Dispose()
    {
        Database.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
