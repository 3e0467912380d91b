using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Ports;

/// <summary>
/// The only authority over routing: one row per service, changed by compare-and-set. Times are the store's own clock.
/// A call that fails or times out has an unknown outcome: read the row and act on what it says.
/// </summary>
public interface IEpochStorePort
{
    /// <summary>Makes the row of a new service at epoch 1; leaves an existing one alone. Returns the row.</summary>
    Task<EpochRow> EnsureAsync(string service, Routing first, CancellationToken cancel);

    /// <summary>The row; null when the service has none.</summary>
    Task<EpochRow?> ReadAsync(string service, CancellationToken cancel);

    /// <summary>Opens attempt <paramref name="attempt"/>+1 where the row is stable at this epoch and attempt.</summary>
    Task<EpochReply> BeginAsync(
        string service,
        long epoch,
        long attempt,
        Routing target,
        TimeSpan hold,
        string actor,
        CancellationToken cancel
    );

    /// <summary>
    /// Makes the target the document of epoch+1 where this attempt is open and its time has not run out.
    /// </summary>
    Task<EpochReply> CommitAsync(string service, long attempt, string actor, CancellationToken cancel);

    /// <summary>Closes this attempt where it is open: epoch and document stay.</summary>
    Task<EpochReply> AbortAsync(string service, long attempt, string actor, string reason, CancellationToken cancel);

    /// <summary>Closes this attempt where it is open and its time has run out. Anyone may call it.</summary>
    Task<EpochReply> ResolveAsync(string service, long attempt, string actor, CancellationToken cancel);

    /// <summary>
    /// Registers a gateway's incarnation for a service and returns the row. Not applied where a later incarnation is
    /// registered: a request of a dead one that arrives late must not stand in its place, because the LEAVE of the dead
    /// one would then take the living one off the list, and moves would no longer wait for it.
    /// </summary>
    Task<EpochReply> JoinAsync(string service, EpochMember member, CancellationToken cancel);

    /// <summary>Removes a gateway that has drained.</summary>
    Task LeaveAsync(string service, EpochMember member, CancellationToken cancel);

    /// <summary>Every epoch of a service, oldest first.</summary>
    Task<IReadOnlyList<EpochHistory>> HistoryAsync(string service, CancellationToken cancel);
}

/// <summary>One committed, aborted or opened attempt.</summary>
/// <param name="Epoch">The epoch after it.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Action"><c>begin</c>, <c>commit</c>, <c>abort</c>, <c>resolve</c> or <c>create</c>.</param>
/// <param name="Actor">Who.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="At">Store time.</param>
/// <param name="Routing">The document in force after it.</param>
public sealed record EpochHistory(
    long Epoch,
    long Attempt,
    string Action,
    string Actor,
    string Reason,
    DateTimeOffset At,
    Routing Routing
);
