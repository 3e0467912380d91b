using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// What the coordinator tells a gateway. Every message may be lost, doubled or late; all are idempotent.
/// </summary>
/// <param name="Service">The service that moves.</param>
/// <param name="Attempt">Number of the try; grows by one at each HOLD of the service.</param>
public abstract record MoveMessage(string Service, long Attempt)
{
    /// <summary>Stop dispatching the slice, buffer it, drain. Resent until answered.</summary>
    /// <param name="Service">The service.</param>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="FromEpoch">The epoch that the attempt starts from.</param>
    /// <param name="From">Its document.</param>
    /// <param name="To">The document it wants; not in force until COMMIT is known.</param>
    /// <param name="Drain">Whether in-flight requests of the slice must end first.</param>
    /// <param name="HoldFor">Time after which the gateway asks the store for the outcome.</param>
    public sealed record Hold(
        string Service,
        long Attempt,
        long FromEpoch,
        Routing From,
        Routing To,
        DrainMode Drain,
        TimeSpan HoldFor
    ) : MoveMessage(Service, Attempt);

    /// <summary>
    /// The attempt committed: <paramref name="Routing"/> is the document of <paramref name="Epoch"/>.
    /// </summary>
    public sealed record Commit(string Service, long Attempt, long Epoch, Routing Routing)
        : MoveMessage(Service, Attempt);

    /// <summary>The attempt was given up: the document before stays in force.</summary>
    public sealed record Abort(string Service, long Attempt) : MoveMessage(Service, Attempt);
}

/// <summary>What happens to requests that are in flight when a hold starts.</summary>
public enum DrainMode
{
    /// <summary>They end before the gateway says HELD: no instant has both releases at work on one entity.</summary>
    Atomic,

    /// <summary>They finish on the release they started on, while new ones start on the new one.</summary>
    Dispatch,
}
