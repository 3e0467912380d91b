// Why: a point that nobody can find is never tested. All names stand here; a house test finds each of them passed
// exactly once or more in the source, and ./do chaos failpoints fails when one is never reached.
namespace Handover.Ports;

/// <content>The names, in the order in which a move passes them.</content>
public static partial class Failpoint
{
    /// <summary>A rollout was accepted and is persisted; nothing runs for it yet.</summary>
    public const string RolloutStarted = "rollout.started";

    /// <summary>Events were decided and are about to be appended.</summary>
    public const string RolloutBeforeAppend = "rollout.append.before";

    /// <summary>Events are durable; nothing has acted on them yet.</summary>
    public const string RolloutAfterAppend = "rollout.append.after";

    /// <summary>What follows from the events has been started.</summary>
    public const string RolloutActed = "rollout.acted";

    /// <summary>An effect ended; its answer is not persisted yet.</summary>
    public const string EffectAnswered = "rollout.effect.answered";

    /// <summary>A wish to roll back was heard and is not durable.</summary>
    public const string WishBefore = "rollback.wish.before";

    /// <summary>A wish to roll back is durable; nothing has moved yet.</summary>
    public const string WishAfter = "rollback.wish.after";

    /// <summary>What stood in the way of a rollback was given up; the move back has not begun.</summary>
    public const string RollbackCleared = "rollback.cleared";

    /// <summary>BEGIN is about to be asked for.</summary>
    public const string BeginBefore = "move.begin.before";

    /// <summary>BEGIN was answered; no gateway knows.</summary>
    public const string BeginAfter = "move.begin.after";

    /// <summary>HOLD was sent to one gateway.</summary>
    public const string HoldSent = "move.hold.sent";

    /// <summary>HELD of one gateway arrived and is not counted yet.</summary>
    public const string HeldArrived = "move.held.arrived";

    /// <summary>All have promised; COMMIT is about to be asked for.</summary>
    public const string CommitBefore = "move.commit.before";

    /// <summary>COMMIT was answered; no gateway knows.</summary>
    public const string CommitAfter = "move.commit.after";

    /// <summary>COMMIT was told to one gateway.</summary>
    public const string CommitSent = "move.commit.sent";

    /// <summary>ABORT is about to be asked for.</summary>
    public const string AbortBefore = "move.abort.before";

    /// <summary>ABORT was answered; no gateway knows.</summary>
    public const string AbortAfter = "move.abort.after";

    /// <summary>ABORT was told to one gateway.</summary>
    public const string AbortSent = "move.abort.sent";

    /// <summary>What became of an attempt is about to be asked for.</summary>
    public const string ResolveBefore = "move.resolve.before";

    /// <summary>What became of an attempt was answered; nothing acts on it yet.</summary>
    public const string ResolveAfter = "move.resolve.after";

    /// <summary>The outcome is known to the coordinator and to nobody who waits for it.</summary>
    public const string MoveDone = "move.done";

    /// <summary>A gateway holds the slice; its promise is not written.</summary>
    public const string GatewayHolding = "gateway.holding";

    /// <summary>A gateway's file is written beside the one in force, which it has not replaced yet.</summary>
    public const string GatewayFileFresh = "gateway.file.fresh";

    /// <summary>A gateway's promise is durable and not said.</summary>
    public const string GatewayPromised = "gateway.promised";

    /// <summary>A gateway's promise was said.</summary>
    public const string GatewaySaid = "gateway.said";

    /// <summary>A gateway serves a new document, which its file does not have yet.</summary>
    public const string GatewayServing = "gateway.serving";

    /// <summary>A gateway's file has the document that it serves.</summary>
    public const string GatewayServed = "gateway.served";

    /// <summary>The old release's time is up; it has not been given up.</summary>
    public const string RetireBefore = "retire.before";

    /// <summary>That the old release is given up is durable; its stack is still there.</summary>
    public const string RetireAfter = "retire.after";

    /// <summary>A transaction of the state file is complete and not committed.</summary>
    public const string StoreBeforeCommit = "store.commit.before";

    /// <summary>A transaction of the state file is committed; who asked for it does not know.</summary>
    public const string StoreAfterCommit = "store.commit.after";

    /// <summary>A caller's key was claimed on record; its release has not got the request.</summary>
    public const string LedgerClaimed = "ledger.claimed";

    /// <summary>The release answered; the ledger has not been told.</summary>
    public const string LedgerAnswered = "ledger.answered";

    /// <summary>The answer is on record; the caller has no byte of it.</summary>
    public const string LedgerRecorded = "ledger.recorded";

    /// <summary>The ledger decided a batch of writes; nothing of it is in its log.</summary>
    public const string LedgerDecided = "ledger.log.before";

    /// <summary>A batch is in the ledger's log and not fsynced.</summary>
    public const string LedgerWritten = "ledger.log.written";

    /// <summary>A batch is durable; nobody was told.</summary>
    public const string LedgerSynced = "ledger.log.synced";

    /// <summary>Rows of the ledger's log are in its table; the log still has them.</summary>
    public const string LedgerFlushed = "ledger.table.flushed";

    /// <summary>Rows of the spool are in the ledger; the spool still has them.</summary>
    public const string LedgerMerged = "ledger.spool.merged";

    /// <summary>Every point there is.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        RolloutStarted,
        RolloutBeforeAppend,
        RolloutAfterAppend,
        RolloutActed,
        EffectAnswered,
        WishBefore,
        WishAfter,
        RollbackCleared,
        BeginBefore,
        BeginAfter,
        HoldSent,
        HeldArrived,
        CommitBefore,
        CommitAfter,
        CommitSent,
        AbortBefore,
        AbortAfter,
        AbortSent,
        ResolveBefore,
        ResolveAfter,
        MoveDone,
        GatewayHolding,
        GatewayFileFresh,
        GatewayPromised,
        GatewaySaid,
        GatewayServing,
        GatewayServed,
        RetireBefore,
        RetireAfter,
        StoreBeforeCommit,
        StoreAfterCommit,
        LedgerClaimed,
        LedgerAnswered,
        LedgerRecorded,
        LedgerDecided,
        LedgerWritten,
        LedgerSynced,
        LedgerFlushed,
        LedgerMerged,
    ];
}
