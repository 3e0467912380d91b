using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// What <see cref="GatewayAgent"/> asks of its host. The host carries effects out in the order in which they are given;
/// the two that touch the last-known-good file must reach the disk in that order too.
/// </summary>
public abstract record GatewayEffect
{
    private GatewayEffect() { }

    /// <summary>
    /// Swap in, as one snapshot: <c>Slice.From</c> is in force under <paramref name="Epoch"/>, and requests of
    /// <paramref name="Slice"/> are held. Requests that were held before are looked at again: those outside it
    /// go on under <c>Slice.From</c>. Then, in mode <see cref="DrainMode.Atomic"/>, when no request of the slice is in
    /// flight (whatever epoch it started under), or, in mode <see cref="DrainMode.Dispatch"/>, when every request that
    /// read an older snapshot has been dispatched or held: answer <see cref="GatewayInput.SliceDrained"/>.
    /// A second one for the same attempt replaces the first (the drain mode became known).
    /// </summary>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Epoch">The epoch of <c>Slice.From</c>.</param>
    /// <param name="Slice">What is held.</param>
    /// <param name="Drain">What the answer waits for.</param>
    public sealed record HoldSlice(long Attempt, long Epoch, Slice Slice, DrainMode Drain) : GatewayEffect;

    /// <summary>
    /// Write <see cref="GatewayAgentState.LastKnownGood"/> of the state that came with this effect, fsync, then answer
    /// <see cref="GatewayInput.HeldPersisted"/>. When the write fails, don't answer: the attempt is then given up.
    /// </summary>
    public sealed record PersistHeld(long Attempt) : GatewayEffect;

    /// <summary>Tell the coordinator <see cref="GatewayReply.Held"/>.</summary>
    public sealed record SendHeld(long Attempt) : GatewayEffect;

    /// <summary>
    /// Swap in, as one snapshot: the document is in force for everybody and nothing is held by a move. Held requests go
    /// on under it, in order of arrival. Then write <see cref="GatewayAgentState.LastKnownGood"/>; requests need not
    /// wait for that: an older file with a held attempt in it only makes a restart more careful.
    /// </summary>
    /// <param name="Epoch">The epoch.</param>
    /// <param name="Routing">Its document.</param>
    public sealed record Publish(long Epoch, Routing Routing) : GatewayEffect;

    /// <summary>Ask the store for the outcome of the attempt; answer <see cref="GatewayInput.Resolved"/>.</summary>
    public sealed record Resolve(long Attempt) : GatewayEffect;

    /// <summary>Register with the store; answer <see cref="GatewayInput.Joined"/>.</summary>
    public sealed record Join : GatewayEffect;

    /// <summary>
    /// Send <see cref="GatewayInput.Tick"/> at this time (of the clock that stamps the inputs), or soon after.
    /// </summary>
    public sealed record WakeAt(DateTimeOffset Time) : GatewayEffect;
}
