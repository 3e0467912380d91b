using Handover.Control.Audit;
using Handover.Control.Consumers;
using Handover.Control.Engine;
using Handover.Control.Evidence;
using Handover.Control.Ledger;
using Handover.Control.Notify;
using Handover.Control.Reconcile;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>Everything that the admin API stands on, joined by the composition root.</summary>
public sealed record ApiServices
{
    /// <summary>The engine.</summary>
    public required IRolloutOperations Rollouts { get; init; }

    /// <summary>What is declared.</summary>
    public required ICatalogAccess Catalog { get; init; }

    /// <summary>Routing and its history.</summary>
    public required IEpochStorePort Epochs { get; init; }

    /// <summary>What was recorded.</summary>
    public required IJournalPort Journal { get; init; }

    /// <summary>Takes labels: service, NDJSON body. Null answers "not supported yet".</summary>
    public Func<string, Stream, CancellationToken, Task<Result<LabelReceipt>>>? Labels { get; init; }

    /// <summary>Takes values of pushed metrics: rollout, NDJSON body. Null answers "not supported yet".</summary>
    public Func<string, Stream, CancellationToken, Task<Result<LabelReceipt>>>? PushedMetrics { get; init; }

    /// <summary>What became of labels, and losses by release; null when this node keeps none.</summary>
    public Labels.LabelStore? LabelStore { get; init; }

    /// <summary>What rollouts have gathered: broken contracts, noise, what became of copies.</summary>
    public required EvidenceCollector Evidence { get; init; }

    /// <summary>The gateways of this node.</summary>
    public IReadOnlyList<IGatewayPort> Gateways { get; init; } = [];

    /// <summary>Where members run; null when this node runs none.</summary>
    public IRuntimePort? Runtimes { get; init; }

    /// <summary>Starts and warms a release without moving traffic. Null answers "not supported yet".</summary>
    public Warming.WarmFromOutside? Warm { get; init; }

    /// <summary>Lists requests that need a label: service, most. Null answers "not supported yet".</summary>
    public Func<string, int, CancellationToken, Task<Result<WantedLabelsView>>>? Wanted { get; init; }

    /// <summary>Decisions by key; null when this node keeps none.</summary>
    public LedgerStore? Ledger { get; init; }

    /// <summary>Compares what a rolled-back release decided with stable. Null answers "not supported yet".</summary>
    public Reconciliation? Reconciliation { get; init; }

    /// <summary>What consumers have acknowledged; null when this node keeps none.</summary>
    public AcknowledgementStore? Acknowledgements { get; init; }

    /// <summary>What consumers were told; null when this node tells none.</summary>
    public NotificationOutbox? Outbox { get; init; }

    /// <summary>The record of verdicts. Null answers "not supported yet".</summary>
    public RolloutStore? Record { get; init; }

    /// <summary>Who may come in.</summary>
    public required TokenStore Tokens { get; init; }

    /// <summary>Where mutations are written.</summary>
    public required AuditLog Audit { get; init; }

    /// <summary>Where the API listens, and the rules that follow.</summary>
    public required AdminAddress Address { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>What must work before the node calls itself ready.</summary>
    public IReadOnlyList<ReadyCheck> ReadyChecks { get; init; } = [];

    /// <summary>Counters and gauges for <c>/metrics</c>.</summary>
    public IReadOnlyList<MetricSource> Metrics { get; init; } = [];

    /// <summary>Version of the program.</summary>
    public string Version { get; init; } = "0.0.0";
}

/// <summary>One thing that must work before the node is ready.</summary>
/// <param name="Name">Name in <c>/readyz?verbose</c>.</param>
/// <param name="Check">Null when it works, else what does not.</param>
public sealed record ReadyCheck(string Name, Func<CancellationToken, Task<string?>> Check);
