using Handover.Control.Api;
using Handover.Control.Journal;
using Handover.Control.Ledger;
using Handover.Control.Reconcile;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Traffic;

namespace Handover.App.Node;

/// <summary>
/// The record of decisions by key, and what a rolled-back release leaves to make good, put together.
/// </summary>
internal sealed class LedgerParts : IAsyncDisposable
{
    private readonly GatewayWarmTarget _target;
    private readonly Reconciliation _reconciliation;

    /// <summary>
    /// Opens the ledger. The state directory's lock is held, so whoever left runs in flight is dead.
    /// </summary>
    public LedgerParts(
        RunOptions options,
        JournalWriter journal,
        Func<string, Service?> serviceOf,
        Func<Service, Uri?> urlOf,
        Func<Pin, string> sign,
        TimeProvider time,
        ILoggerFactory logs
    )
    {
        Store = LedgerStore.Open(
            new LedgerOptions { Directory = Path.Combine(options.StateDirectory, "ledger") },
            service => serviceOf(service)?.Idempotency.Retain,
            time,
            logs.CreateLogger<LedgerStore>()
        );
        _target = new GatewayWarmTarget(urlOf, sign, time, Purpose.Reconcile);
        _reconciliation = new Reconciliation(journal, Store, _target, time);
    }

    public LedgerStore Store { get; }

    /// <summary>The same services, with what the API offers about decisions.</summary>
    public ApiServices Serve(ApiServices api) => api with { Ledger = Store, Reconciliation = _reconciliation };

    public async ValueTask DisposeAsync()
    {
        _target.Dispose();
        await Store.DisposeAsync();
    }
}
