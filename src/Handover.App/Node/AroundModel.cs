using Handover.Control.Audit;
using Handover.Control.Consumers;
using Handover.Control.Engine;
using Handover.Control.Features;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Ports;

namespace Handover.App.Node;

/// <summary>
/// The parts of a node that deal with what is around a model: consumers who acknowledge and are told, feature stores
/// and indexes that are asked.
/// </summary>
internal sealed class AroundModel : IAsyncDisposable
{
    private readonly FeatureSources _sources;
    private readonly DeliveryLoop _deliveries;

    public AroundModel(
        RunOptions options,
        UrlPolicy urls,
        SqliteDatabase database,
        Func<CatalogSnapshot> catalog,
        IRuntimePort runtime,
        TimeProvider time,
        ILoggerFactory logs
    )
    {
        _sources = new FeatureSources(options.Directory, urls);
        Acknowledgements = new AcknowledgementStore(database);
        Outbox = new NotificationOutbox(database);
        Agreement = new AgreementWatch(
            new AgreementParts
            {
                Catalog = catalog,
                Acknowledgements = Acknowledgements,
                Features = _sources,
                Indexes = _sources,
                Runtime = runtime,
            },
            time,
            logs.CreateLogger<AgreementWatch>()
        );
        _deliveries = new DeliveryLoop(
            Outbox,
            Acknowledgements,
            new WebhookClient(options.Directory, urls, time),
            catalog,
            time,
            logs.CreateLogger<DeliveryLoop>()
        );
    }

    public AcknowledgementStore Acknowledgements { get; }

    public NotificationOutbox Outbox { get; }

    public AgreementWatch Agreement { get; }

    /// <summary>
    /// Writes signed answers into the audit log. The API writes its own entries, with reason and request.
    /// </summary>
    public void Record(AuditLog audit) =>
        Acknowledgements.Added += given =>
        {
            if (given.Way == "webhook")
            {
                var after = new Dictionary<string, string> { ["release"] = given.Release, ["digest"] = given.Digest };
                string what = $"consumer.acknowledge {given.Service}/{given.Consumer}";
                audit.Append(given.By, what, "signed answer to a notification", "", null, after);
            }
        };

    /// <summary>Begins to tell consumers what a restart left.</summary>
    public void Start() => _deliveries.Start();

    public async ValueTask DisposeAsync()
    {
        await _deliveries.DisposeAsync();
        await Agreement.DisposeAsync();
        _sources.Dispose();
    }
}
