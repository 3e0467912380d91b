namespace Handover.Protocol;

/// <summary>One row of the ledger, without its answer.</summary>
/// <param name="Service">The service.</param>
/// <param name="Key">The caller's key.</param>
/// <param name="Stage"><c>inFlight</c>, <c>done</c>, or <c>unknown</c> when nobody knows whether it was decided.</param>
/// <param name="RequestId">The request that ran.</param>
/// <param name="Release">The release that it was given to.</param>
/// <param name="Epoch">The epoch under which it was.</param>
/// <param name="Entity">The entity; null when it had none.</param>
/// <param name="At">When.</param>
/// <param name="Status">HTTP status of the answer; null when there is none.</param>
public sealed record DecisionView(
    string Service,
    string Key,
    string Stage,
    string RequestId,
    string Release,
    long Epoch,
    string? Entity,
    DateTimeOffset At,
    int? Status
);

/// <summary>What a person found out about a decision that nobody knew the end of.</summary>
public sealed record SettleDecisionRequest
{
    /// <summary>The caller's key.</summary>
    public required string Key { get; init; }

    /// <summary>The request that was looked into.</summary>
    public required string RequestId { get; init; }

    /// <summary>
    /// True: it was decided, and <see cref="Status"/> and <see cref="Body"/> are the answer from now on. False: it was
    /// not, and the next request with the key runs.
    /// </summary>
    public required bool Decided { get; init; }

    /// <summary>HTTP status of the answer; default 200.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Content type of the answer; default application/json.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The answer's body as text; null for an empty one.</summary>
    public string? Body { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}
