namespace Handover.Core.Ledger;

/// <summary>
/// One row of the ledger: what became of the request that first brought a key. There is at most one row per service and
/// key, so at most one answer under a key.
/// </summary>
public sealed record Decision
{
    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The caller's key.</summary>
    public required string Key { get; init; }

    /// <summary>What was asked, as <see cref="RequestFingerprint"/> says it.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The request that claimed the key. Names this run: a later run under the key has another one.</summary>
    public required string RequestId { get; init; }

    /// <summary>The release that it was given to.</summary>
    public required string Release { get; init; }

    /// <summary>The epoch under which it was.</summary>
    public required long Epoch { get; init; }

    /// <summary>Boot id of the gateway that runs it. When that one is dead, nobody will finish the row.</summary>
    public required string Owner { get; init; }

    /// <summary>When it was claimed.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The entity; null when the request had none.</summary>
    public string? Entity { get; init; }

    /// <summary>How far it is.</summary>
    public DecisionStage Stage { get; init; }

    /// <summary>The answer; not null exactly when <see cref="Stage"/> is done.</summary>
    public RecordedAnswer? Answer { get; init; }
}

/// <summary>How far a decision is.</summary>
public enum DecisionStage
{
    /// <summary>Claimed, and perhaps on its way to the release, or worked on by it.</summary>
    InFlight,

    /// <summary>Decided; the answer is on record.</summary>
    Done,

    /// <summary>Whoever ran it died or lost the member: nobody knows whether it was decided.</summary>
    Unknown,
}

/// <summary>The answer that a decision was, as the caller got it.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Headers">Header fields, in order; none that describe one connection, and none of Handover's.</param>
/// <param name="Body">
/// The body; null when it was larger than the ledger keeps. Then the decision is known to have been made and cannot be
/// told again.
/// </param>
public sealed record RecordedAnswer(
    int Status,
    IReadOnlyList<KeyValuePair<string, string>> Headers,
    ReadOnlyMemory<byte>? Body
);
