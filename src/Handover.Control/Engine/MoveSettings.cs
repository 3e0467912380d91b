using Handover.Core.Moves;

namespace Handover.Control.Engine;

/// <summary>How one move is made.</summary>
public sealed record MoveSettings
{
    /// <summary>What happens to requests in flight. A rollback does not wait for a sick release: dispatch.</summary>
    public DrainMode Drain { get; init; } = DrainMode.Atomic;

    /// <summary>Bound of the hold, 50 ms to 2 s. Default 400 ms.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Least time between the end of one hold of the service and the begin of the next, so that quick moves in a row do
    /// not keep callers waiting again and again. Zero (the default) for what must not wait: a rollback.
    /// </summary>
    public TimeSpan CoolDown { get; init; }

    /// <summary>Who moves; recorded in the history.</summary>
    public string Actor { get; init; } = "engine";

    /// <summary>Why; recorded where a move is given up.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Tries before the move is reported as blocked; at least 1. Default 3.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>Pause after the first failed try; doubles up to 30 s. Default 1 s.</summary>
    public TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>A move that is in force.</summary>
/// <param name="Row">The row with the document in force.</param>
/// <param name="Held">
/// How long the slice was held at most, from BEGIN to COMMIT known; zero when nothing had to move.
/// </param>
/// <param name="Changed">Whether this call moved; false when the service was there already.</param>
public sealed record MoveCommitted(Core.Moves.EpochRow Row, TimeSpan Held, bool Changed)
{
    /// <summary>The epoch in force.</summary>
    public long Epoch => Row.Epoch;
}
