using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>
/// What <see cref="MoveMachine"/> asks of its host. Each store statement is answered by exactly one
/// <see cref="MoveInput.StoreAnswered"/>, with null once the host has stopped waiting.
/// </summary>
public abstract record MoveEffect
{
    private MoveEffect() { }

    /// <summary>Open attempt <paramref name="Attempt"/>+1 where the row is stable at this epoch and attempt.</summary>
    public sealed record StoreBegin(long Epoch, long Attempt, Routing Target, TimeSpan Hold) : MoveEffect;

    /// <summary>Commit the attempt.</summary>
    public sealed record StoreCommit(long Attempt) : MoveEffect;

    /// <summary>Give the attempt up.</summary>
    public sealed record StoreAbort(long Attempt, string Reason) : MoveEffect;

    /// <summary>
    /// Close the attempt if its time has run out, and in any case answer the row. A statement that was asked for before
    /// may still be on its way and change the row afterwards; the machine reckons with that.
    /// </summary>
    public sealed record StoreResolve(long Attempt) : MoveEffect;

    /// <summary>Send to one gateway; may be lost.</summary>
    public sealed record Send(string Gateway, MoveMessage Message) : MoveEffect;

    /// <summary>Send <see cref="MoveInput.Tick"/> at this time, or soon after.</summary>
    public sealed record WakeAt(DateTimeOffset Time) : MoveEffect;

    /// <summary>The try is over. Nothing follows.</summary>
    public sealed record Done(MoveOutcome Outcome) : MoveEffect;
}

/// <summary>How one try ended.</summary>
public abstract record MoveOutcome
{
    private MoveOutcome() { }

    /// <summary>The target is the document of <paramref name="Epoch"/>.</summary>
    /// <param name="Epoch">The new epoch.</param>
    /// <param name="Attempt">The attempt that committed.</param>
    /// <param name="Held">
    /// From asking for BEGIN until COMMIT was known: the longest that a request was held by it.
    /// </param>
    public sealed record Committed(long Epoch, long Attempt, TimeSpan Held) : MoveOutcome;

    /// <summary>Given up; the document before is in force.</summary>
    /// <param name="Reason">Why, in words.</param>
    /// <param name="Silent">Gateways that did not promise in time.</param>
    public sealed record Aborted(string Reason, IReadOnlyList<string> Silent) : MoveOutcome;

    /// <summary>Somebody else changed the row first (or afterwards): read it and decide anew.</summary>
    /// <param name="Row">The row as the store answered it.</param>
    public sealed record Superseded(EpochRow Row) : MoveOutcome;

    /// <summary>
    /// The store has not said what became of the attempt. Gateways wait for the store as well, so nothing is mixed;
    /// read the row when it is back.
    /// </summary>
    public sealed record Unknown(string Reason) : MoveOutcome;
}
