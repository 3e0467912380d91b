using Handover.Core.Divergence;
using Handover.Core.Ledger;
using Handover.Ports;

namespace Handover.Control.Reconcile;

/// <summary>
/// One decision that a release made for real and that was taken back: what it answered, and what stable answers now.
/// </summary>
/// <param name="RequestId">The gateway's request id.</param>
/// <param name="At">When it was asked.</param>
public sealed record ReconciledDecision(string RequestId, DateTimeOffset At)
{
    /// <summary>The caller's key; null when it had none.</summary>
    public string? Key { get; init; }

    /// <summary>The entity; null when it had none.</summary>
    public string? Entity { get; init; }

    /// <summary>What the journal knows; null when it knows nothing and the ledger does.</summary>
    public Exchange? Exchange { get; init; }

    /// <summary>What the ledger knows; null when there was no key.</summary>
    public Decision? Ledger { get; init; }

    /// <summary>What stable answers; null when it was not asked, or had no answer.</summary>
    public byte[]? StableAnswer { get; init; }

    /// <summary>How the answers differ; null when they could not be compared.</summary>
    public Difference? Difference { get; init; }

    /// <summary>Why they could not be compared; null when they were.</summary>
    public string? Why { get; init; }
}
