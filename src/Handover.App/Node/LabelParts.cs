using Handover.Control.Api;
using Handover.Control.Evidence;
using Handover.Control.Journal;
using Handover.Control.Labels;
using Handover.Control.Stores;
using Handover.Core.Catalog;

namespace Handover.App.Node;

/// <summary>
/// The rooms of a node that judge answers after they were given, put together: labels, pushed metrics, contracts while
/// serving. Labels have a file of their own: what programs push must never stand in the way of a move.
/// </summary>
internal sealed class LabelParts : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly EvidenceCollector _evidence;
    private readonly Func<string, Service?> _serviceOf;

    public LabelParts(
        RunOptions options,
        JournalWriter journal,
        EvidenceCollector evidence,
        Func<CatalogSnapshot> catalog,
        TimeProvider time,
        ILoggerFactory logs
    )
    {
        (_evidence, _serviceOf) = (evidence, name => catalog().Services.GetValueOrDefault(name));
        _database = SqliteDatabase.Open(Path.Combine(options.StateDirectory, "labels.db"), SqliteDurability.Normal);
        Store = new LabelStore(_database);
        Wanted = new WantedLabels(Store, journal, _serviceOf);
        Joiner = new LabelJoiner(
            Store,
            journal,
            _serviceOf,
            time,
            new LabelOptions(),
            logs.CreateLogger<LabelJoiner>()
        );
        Matured = new MaturedLabels(evidence, Store, journal, _serviceOf, time, logs.CreateLogger<MaturedLabels>());
        Contracts = new ContractWatch(evidence, catalog, logs.CreateLogger<ContractWatch>());
        Joiner.Joined += evidence.Record;
        journal.Written += Joiner.Recorded;
    }

    public LabelJoiner Joiner { get; }

    /// <summary>Checks answers against contracts while they serve.</summary>
    public ContractWatch Contracts { get; }

    private LabelStore Store { get; }

    private WantedLabels Wanted { get; }

    private MaturedLabels Matured { get; }

    /// <summary>The same services, with what the API offers about labels.</summary>
    public ApiServices Serve(ApiServices api)
    {
        var metrics = new PushedMetrics(
            Joiner,
            id => api.Rollouts.Find(id)?.State,
            _serviceOf,
            api.Epochs.HistoryAsync
        );
        return api with
        {
            Labels = Joiner.PushAsync,
            Wanted = Wanted.FindAsync,
            LabelStore = Store,
            PushedMetrics = metrics.PushAsync,
            Metrics =
            [
                .. api.Metrics,
                MetricSource.Single(
                    "handover_contracts_not_checked_total",
                    "Answers within the sample that were not checked against contracts because the watch was behind.",
                    MetricType.Counter,
                    () => Contracts.NotChecked
                ),
                MetricSource.Single(
                    "handover_label_batches_missed_total",
                    "Batches of recorded answers that were not looked up for labels because the joiner was behind.",
                    MetricType.Counter,
                    () => Joiner.Missed
                ),
            ],
        };
    }

    /// <summary>
    /// What the rollouts need of the time before this start: stable's losses, from which thresholds are frozen.
    /// </summary>
    public void Remember(string service, string? stable)
    {
        if (stable is not null)
        {
            _evidence.RememberLosses(service, stable, Store.RecentLosses(service, stable, EvidenceCollector.Recent));
        }
    }

    /// <summary>Begins to judge matured answers, once the rollouts go on.</summary>
    public void Start() => Matured.Start();

    public async ValueTask DisposeAsync()
    {
        await Contracts.DisposeAsync();
        await Matured.DisposeAsync();
        await Joiner.DisposeAsync();
        _database.Dispose();
    }
}
