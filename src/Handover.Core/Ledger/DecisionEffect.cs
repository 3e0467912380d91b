namespace Handover.Core.Ledger;

/// <summary>What <see cref="DecisionMachine"/> asks of the gateway that hosts it, in order.</summary>
public abstract record DecisionEffect
{
    private DecisionEffect() { }

    /// <summary>
    /// Have the ledger do this, durably, and answer <see cref="DecisionInput.LedgerAnswered"/>. Every write that was
    /// asked for before about this key must reach the ledger before this one.
    /// </summary>
    public sealed record Tell(LedgerWrite Write) : DecisionEffect;

    /// <summary>The same to the spool beside the ledger, by <see cref="LedgerRules.ApplySpooled"/>.</summary>
    public sealed record Spool(LedgerWrite Write) : DecisionEffect;

    /// <summary>
    /// Have the ledger do this when it can; nobody waits. Lost with the process, which leaves the row in flight, and so
    /// unknown: the safe side.
    /// </summary>
    public sealed record TellLater(LedgerWrite Write) : DecisionEffect;

    /// <summary>
    /// Send the request to its release; answer <see cref="DecisionInput.ReleaseAnswered"/> or
    /// <see cref="DecisionInput.ReleaseFailed"/>. The caller must not get a byte of the answer yet, and its going away
    /// must not stop the run.
    /// </summary>
    public sealed record Dispatch : DecisionEffect;

    /// <summary>Give the caller what the release answered, or the failure that it ended with.</summary>
    public sealed record Reply : DecisionEffect;

    /// <summary>Give the caller the answer that is on record.</summary>
    public sealed record Replay(Decision Row) : DecisionEffect;

    /// <summary>Tell the caller why there is no answer.</summary>
    public sealed record Refuse(DecisionRefusal Why, Decision? Row) : DecisionEffect;
}

/// <summary>Why a request with a key gets no answer from a release.</summary>
public enum DecisionRefusal
{
    /// <summary>Another request with this key is running.</summary>
    Running,

    /// <summary>The key belongs to a request that asked something else.</summary>
    OtherRequest,

    /// <summary>Nobody knows whether it was decided, and it will not be risked twice.</summary>
    InDoubt,

    /// <summary>The ledger is out of reach; nothing was sent to the release.</summary>
    LedgerDown,

    /// <summary>The release answered, and that could not be put on record.</summary>
    NotRecorded,
}
