namespace Handover.Core.Ledger;

/// <summary>
/// What a gateway or an operator asks of the ledger about one key. A store reads the row, applies
/// <see cref="LedgerRules.Apply"/> and writes what it says, in one transaction that is durable before the reply.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Key">The key.</param>
public abstract record LedgerWrite(string Service, string Key)
{
    /// <summary>May this request run? Asked before anything is sent to a release.</summary>
    /// <param name="Row">The row to be, in flight.</param>
    /// <param name="ReplaySafe">Whether a run of which nobody knows the end may be repeated.</param>
    public sealed record Claim(Decision Row, bool ReplaySafe) : LedgerWrite(Row.Service, Row.Key);

    /// <summary>It was decided. Asked before the caller gets the answer.</summary>
    /// <param name="Row">The claimed row, done, with its answer.</param>
    public sealed record Finish(Decision Row) : LedgerWrite(Row.Service, Row.Key);

    /// <summary>Nothing was decided: the release never got the request, or said that it did not take it.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Key">The key.</param>
    /// <param name="RequestId">The run that is given up.</param>
    public sealed record Withdraw(string Service, string Key, string RequestId) : LedgerWrite(Service, Key);

    /// <summary>The release got the request and no answer came: nobody knows.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Key">The key.</param>
    /// <param name="RequestId">The run that is doubted.</param>
    public sealed record Doubt(string Service, string Key, string RequestId) : LedgerWrite(Service, Key);

    /// <summary>The gateway that ran it is proven dead. A timeout is no proof.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Key">The key.</param>
    /// <param name="Owner">The boot id that is dead.</param>
    public sealed record Orphan(string Service, string Key, string Owner) : LedgerWrite(Service, Key);

    /// <summary>A person found out what became of a run that nobody knew the end of.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Key">The key.</param>
    /// <param name="RequestId">The run that was looked into: not one that began since.</param>
    /// <param name="Answer">The answer to give from now on; null: nothing was decided, the next request runs.</param>
    public sealed record Settle(string Service, string Key, string RequestId, RecordedAnswer? Answer)
        : LedgerWrite(Service, Key);
}

/// <summary>What the ledger answered.</summary>
/// <param name="Outcome">What became of the write.</param>
/// <param name="Row">The row as it is now; null when there is none.</param>
public sealed record LedgerReply(LedgerOutcome Outcome, Decision? Row);

/// <summary>What became of a write to the ledger.</summary>
public enum LedgerOutcome
{
    /// <summary>It is so.</summary>
    Applied,

    /// <summary>Claim: decided before; the row has the answer.</summary>
    Decided,

    /// <summary>Claim: another request with this key is running.</summary>
    Running,

    /// <summary>Claim: the key belongs to a request that asked something else.</summary>
    OtherRequest,

    /// <summary>Claim: nobody knows whether it was decided.</summary>
    InDoubt,

    /// <summary>The row is not, or no longer, this run's; nothing was changed.</summary>
    NotYours,
}
