using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// What a gateway keeps on its own disk for one service, so that it can serve after a restart while the store is away.
/// </summary>
/// <param name="Epoch">The epoch in force when it was written.</param>
/// <param name="Attempt">The newest attempt that the gateway had heard of.</param>
/// <param name="Routing">The document of the epoch.</param>
/// <param name="Held">
/// The attempt that the gateway promised (or was about to promise) to hold; null when none is open. With one open the
/// file must not be served from: the attempt may have committed since.
/// </param>
public sealed record LastKnownGood(long Epoch, long Attempt, Routing Routing, long? Held);
