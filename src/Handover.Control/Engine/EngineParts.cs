using Handover.Control.Evidence;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>What the engine is made of; put together once by the composition root.</summary>
public sealed record EngineParts
{
    /// <summary>What users have declared, as it is now.</summary>
    public required Func<CatalogSnapshot> Catalog { get; init; }

    /// <summary>Where rollouts are kept.</summary>
    public required RolloutStore Rollouts { get; init; }

    /// <summary>The authority over routing.</summary>
    public required IEpochStorePort Epochs { get; init; }

    /// <summary>Makes moves.</summary>
    public required MoveCoordinator Moves { get; init; }

    /// <summary>Where members run.</summary>
    public required IRuntimePort Runtime { get; init; }

    /// <summary>The gateway in this process.</summary>
    public required IGatewayPort Gateway { get; init; }

    /// <summary>Tells the gateway what it needs besides routing.</summary>
    public required GatewayPublisher Publisher { get; init; }

    /// <summary>Gathers evidence and asks the gates.</summary>
    public required EvidenceCollector Evidence { get; init; }

    /// <summary>Warms candidates.</summary>
    public required Warmer Warmer { get; init; }

    /// <summary>Checks contracts, capacity and what is served.</summary>
    public required Verifier Verifier { get; init; }

    /// <summary>Asks feature stores, indexes and consumers whether they agree with a candidate.</summary>
    public required AgreementWatch Agreement { get; init; }

    /// <summary>Where consumers are told from.</summary>
    public required NotificationOutbox Outbox { get; init; }

    /// <summary>Recent exchanges, to remember stable's past after a restart.</summary>
    public required IJournalPort Journal { get; init; }

    /// <summary>Which addresses flags may be asked at.</summary>
    public UrlPolicy Urls { get; init; } = UrlPolicy.LoopbackOnly;

    /// <summary>Hashes of tokens whose bearer may name a release.</summary>
    public Func<IReadOnlyList<string>> OverrideHashes { get; init; } = () => [];
}
