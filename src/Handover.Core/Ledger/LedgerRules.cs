using Handover.Core.Foundation;

namespace Handover.Core.Ledger;

/// <summary>
/// What may become of a row of the ledger. Every store, real or simulated, applies these and nothing else, so that what
/// the simulator proves of them is true of the program. The rule that all of them serve: what may have been decided is
/// not decided again, unless the service says that it does no harm.
/// </summary>
public static class LedgerRules
{
    /// <summary>Applies one write to one row. Pure.</summary>
    /// <param name="row">The row; null when the key is free.</param>
    /// <param name="write">What is asked.</param>
    /// <returns>The row after (null: none), and the reply.</returns>
    public static (Decision? Row, LedgerReply Reply) Apply(Decision? row, LedgerWrite write) =>
        write switch
        {
            LedgerWrite.Claim claim => Claimed(row, claim),
            LedgerWrite.Finish finish => Finished(row, finish.Row),
            LedgerWrite.Withdraw withdraw => IsRun(row, withdraw.RequestId)
                ? Applied(null)
                : Refused(row, LedgerOutcome.NotYours),
            LedgerWrite.Doubt doubt => IsRun(row, doubt.RequestId)
                ? Applied(row! with { Stage = DecisionStage.Unknown })
                : Refused(row, LedgerOutcome.NotYours),
            LedgerWrite.Orphan orphan => row is { Stage: DecisionStage.InFlight } && Same(row.Owner, orphan.Owner)
                ? Applied(row with { Stage = DecisionStage.Unknown })
                : Refused(row, LedgerOutcome.NotYours),
            LedgerWrite.Settle settle => Settled(row, settle),
            _ => Invariant.Unreachable<(Decision?, LedgerReply)>($"unknown write {write}"),
        };

    /// <summary>
    /// Applies a write where the ledger itself is out of reach: <paramref name="row"/> is what this gateway knows of the
    /// key since then. The run that ends here may have been claimed before the outage, so a missing row is no refusal.
    /// </summary>
    public static (Decision? Row, LedgerReply Reply) ApplySpooled(Decision? row, LedgerWrite write) =>
        (row, write) switch
        {
            (null, LedgerWrite.Finish finish) => Applied(finish.Row),
            _ => Apply(row, write),
        };

    /// <summary>Brings a row that was spooled during an outage into the ledger.</summary>
    /// <param name="stored">The ledger's row; null when the key is free.</param>
    /// <param name="spooled">The spool's row.</param>
    /// <returns>The row after, and whether the request was worked on by somebody else too.</returns>
    public static (Decision Row, bool RunTwice) Merge(Decision? stored, Decision spooled)
    {
        if (stored is null)
        {
            return (spooled, false);
        }

        if (Same(stored.RequestId, spooled.RequestId))
        {
            return (stored.Stage == DecisionStage.Done ? stored : spooled, false);
        }

        // Two runs under one key. What a caller was told first cannot be found out; what is on record as done is kept,
        // and the ledger's own answer before the spool's, so that all gateways say the same from now on.
        Decision kept = stored.Stage != DecisionStage.Done && spooled.Stage == DecisionStage.Done ? spooled : stored;
        return (kept, true);
    }

    /// <summary>
    /// Whether an answer is a decision. 429 and 503 are not: by them a server says that it did not take the request
    /// (RFC 6585, 4; RFC 9110, 15.6.4). Every other complete answer is, an error too, unless the service says that a
    /// second run does no harm.
    /// </summary>
    /// <param name="status">HTTP status of the answer.</param>
    /// <param name="replaySafe">Whether a second run does no harm; then no 5xx is kept.</param>
    public static bool IsDecision(int status, bool replaySafe) =>
        status is not (429 or 503) && !(replaySafe && status >= 500);

    /// <summary>
    /// Whether the row may be forgotten: it is old, and nobody is working on it. After that the key is free.
    /// </summary>
    public static bool Expired(Decision row, TimeSpan retain, DateTimeOffset now) =>
        row.Stage != DecisionStage.InFlight && now - row.At > retain;

    private static (Decision?, LedgerReply) Claimed(Decision? row, LedgerWrite.Claim claim)
    {
        if (row is null)
        {
            return Applied(claim.Row);
        }

        // A lost reply may be asked for again.
        if (IsRun(row, claim.Row.RequestId))
        {
            return Applied(row);
        }

        if (!Same(row.Fingerprint, claim.Row.Fingerprint))
        {
            return Refused(row, LedgerOutcome.OtherRequest);
        }

        return row.Stage switch
        {
            DecisionStage.Done => Refused(row, LedgerOutcome.Decided),
            DecisionStage.InFlight => Refused(row, LedgerOutcome.Running),
            _ when claim.ReplaySafe => Applied(claim.Row),
            _ => Refused(row, LedgerOutcome.InDoubt),
        };
    }

    // A gateway that was taken for dead and was not may still finish what it ran, as long as nobody ran it again.
    private static (Decision?, LedgerReply) Finished(Decision? row, Decision done)
    {
        Invariant.Holds(done is { Stage: DecisionStage.Done, Answer: not null }, "only an answer finishes a decision");
        if (row is null || !Same(row.RequestId, done.RequestId))
        {
            return Refused(row, LedgerOutcome.NotYours);
        }

        return Applied(row.Stage == DecisionStage.Done ? row : done);
    }

    private static (Decision?, LedgerReply) Settled(Decision? row, LedgerWrite.Settle settle)
    {
        if (row is not { Stage: DecisionStage.Unknown } || !Same(row.RequestId, settle.RequestId))
        {
            return Refused(row, LedgerOutcome.NotYours);
        }

        return settle.Answer is null
            ? Applied(null)
            : Applied(row with { Stage = DecisionStage.Done, Answer = settle.Answer });
    }

    private static bool IsRun(Decision? row, string requestId) =>
        row is { Stage: DecisionStage.InFlight } && Same(row.RequestId, requestId);

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.Ordinal);

    private static (Decision?, LedgerReply) Applied(Decision? row) =>
        (row, new LedgerReply(LedgerOutcome.Applied, row));

    private static (Decision?, LedgerReply) Refused(Decision? row, LedgerOutcome why) =>
        (row, new LedgerReply(why, row));
}
