namespace Handover.Core.Moves;

/// <summary>
/// What a gateway's host tells <see cref="GatewayAgent"/>. A closed family: everything that can change what a gateway
/// does with a service arrives as one of these, in one order, so that the same code runs in a process and in the
/// simulator.
/// </summary>
public abstract record GatewayInput
{
    private GatewayInput() { }

    /// <summary>The process has started. The first input of every incarnation.</summary>
    /// <param name="Good">What the last-known-good file says; null when there is none (or it was left cleanly).</param>
    public sealed record Booted(LastKnownGood? Good) : GatewayInput;

    /// <summary>
    /// The store answered <see cref="GatewayEffect.Join"/>; null when it did not, or the outcome is unknown.
    /// </summary>
    public sealed record Joined(EpochReply? Reply) : GatewayInput;

    /// <summary>The coordinator sent something; lost, doubled, late and reordered messages are all normal.</summary>
    public sealed record MessageReceived(MoveMessage Message) : GatewayInput;

    /// <summary>What <see cref="GatewayEffect.HoldSlice"/> asked for is so.</summary>
    public sealed record SliceDrained(long Attempt) : GatewayInput;

    /// <summary>What <see cref="GatewayEffect.PersistHeld"/> asked for is on disk, fsynced.</summary>
    public sealed record HeldPersisted(long Attempt) : GatewayInput;

    /// <summary>
    /// The store answered <see cref="GatewayEffect.Resolve"/>; null when it did not, or the outcome is unknown.
    /// </summary>
    /// <param name="Attempt">The attempt that was asked for.</param>
    /// <param name="Reply">The answer.</param>
    public sealed record Resolved(long Attempt, EpochReply? Reply) : GatewayInput;

    /// <summary>A wake-up that <see cref="GatewayEffect.WakeAt"/> asked for, or any other; never harmful.</summary>
    public sealed record Tick : GatewayInput;
}
