using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>What the coordinator's host tells <see cref="MoveMachine"/>.</summary>
public abstract record MoveInput
{
    private MoveInput() { }

    /// <summary>Try once. The first input of every machine.</summary>
    /// <param name="Row">The row as it was read last; it must not be holding.</param>
    /// <param name="Target">The document that is wanted.</param>
    /// <param name="Drain">What happens to requests in flight.</param>
    /// <param name="Hold">Bound of the hold.</param>
    public sealed record Start(EpochRow Row, Routing Target, DrainMode Drain, TimeSpan Hold) : MoveInput;

    /// <summary>The store answered.</summary>
    /// <param name="Op">What was asked.</param>
    /// <param name="Reply">The answer; null when it failed or did not come in time: the outcome is unknown.</param>
    public sealed record StoreAnswered(MoveStoreOp Op, EpochReply? Reply) : MoveInput;

    /// <summary>A gateway promised to hold.</summary>
    public sealed record HeldReceived(GatewayReply.Held Held) : MoveInput;

    /// <summary>A wake-up that <see cref="MoveEffect.WakeAt"/> asked for, or any other; never harmful.</summary>
    public sealed record Tick : MoveInput;
}

/// <summary>A statement that the machine asks of the store.</summary>
public enum MoveStoreOp
{
    /// <summary>Open the attempt.</summary>
    Begin,

    /// <summary>Make its target the document of the next epoch.</summary>
    Commit,

    /// <summary>Give it up.</summary>
    Abort,

    /// <summary>Say what became of it, because an outcome is unknown.</summary>
    Resolve,
}
