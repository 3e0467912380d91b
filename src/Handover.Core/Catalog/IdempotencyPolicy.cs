namespace Handover.Core.Catalog;

/// <summary>
/// Whether a service's decisions are kept in the ledger, so that nothing that one release decided is decided again by
/// the other.
/// </summary>
public sealed record IdempotencyPolicy
{
    /// <summary>The header that carries the key as a structured-field string; default Idempotency-Key.</summary>
    public string Header { get; init; } = "Idempotency-Key";

    /// <summary>RFC 6901 pointer to the key in a JSON body; null when the header carries it.</summary>
    public string? Pointer { get; init; }

    /// <summary>Which requests are kept in the ledger; default none.</summary>
    public IdempotencyMode Mode { get; init; } = IdempotencyMode.Off;

    /// <summary>How long a decision is remembered; range [1 min, 10 years], default 7 days.</summary>
    public TimeSpan Retain { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Whether it does no harm when the model works on the same request twice. Then a decision of which nobody knows
    /// whether it was made is made again, by whichever release serves now; default no.
    /// </summary>
    public bool ReplaySafe { get; init; }

    /// <summary>What happens to a request with a key while the ledger cannot be written; default refuse.</summary>
    public LedgerOutage WhenStoreDown { get; init; } = LedgerOutage.Refuse;
}

/// <summary>Which requests are kept in the ledger.</summary>
public enum IdempotencyMode
{
    /// <summary>None; the key passes through untouched.</summary>
    Off,

    /// <summary>Those that bring a key.</summary>
    Optional,

    /// <summary>All; one without a key is refused with 400.</summary>
    Required,
}

/// <summary>What happens to a request with a key while the ledger cannot be written.</summary>
public enum LedgerOutage
{
    /// <summary>503 with Retry-After: no answer rather than one that is not on record.</summary>
    Refuse,

    /// <summary>
    /// It is recorded in a file beside the ledger, fsynced, and merged later. A second decision by another gateway is
    /// then found at the merge, and was not prevented.
    /// </summary>
    Spool,
}
