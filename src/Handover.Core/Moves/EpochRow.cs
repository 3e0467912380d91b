using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// The one row per service that all safety rests on. Changed only by compare-and-set in the epoch store.
/// </summary>
/// <param name="Service">The service.</param>
/// <param name="Epoch">Number of the document in force; grows by one at each commit.</param>
/// <param name="Routing">The document in force.</param>
/// <param name="Holding">Whether an attempt is open.</param>
/// <param name="Attempt">Number of the newest attempt.</param>
/// <param name="Target">The document that the open attempt wants; null when none is open.</param>
/// <param name="HoldUntil">Store time up to which the open attempt may commit; null when none is open.</param>
public sealed record EpochRow(
    string Service,
    long Epoch,
    Routing Routing,
    bool Holding,
    long Attempt,
    Routing? Target,
    DateTimeOffset? HoldUntil
);

/// <summary>A gateway that is registered for a service.</summary>
/// <param name="Gateway">Its id.</param>
/// <param name="Incarnation">
/// Its boot id. Ids of one gateway are in order (ordinal): a later life has the greater one.
/// </param>
public sealed record EpochMember(string Gateway, string Incarnation);

/// <summary>The answer of the store to a conditional statement.</summary>
/// <param name="Applied">Whether the condition held and the row changed.</param>
/// <param name="Row">The row as it is now.</param>
/// <param name="Members">Active gateways, read in the same transaction.</param>
public sealed record EpochReply(bool Applied, EpochRow Row, IReadOnlyList<EpochMember> Members);
