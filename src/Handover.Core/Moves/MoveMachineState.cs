using Handover.Core.Traffic;

namespace Handover.Core.Moves;

/// <summary>One try of one move, from BEGIN to its outcome. Changed only by <see cref="MoveMachine.Step"/>.</summary>
/// <param name="Service">The service that moves.</param>
public sealed record MoveMachineState(string Service)
{
    /// <summary>Where the try stands.</summary>
    public MoveStage Stage { get; init; } = MoveStage.Idle;

    /// <summary>The row before the attempt; null before the start.</summary>
    public EpochRow? Before { get; init; }

    /// <summary>The document that is wanted; null before the start.</summary>
    public Routing? Target { get; init; }

    /// <summary>What happens to requests in flight.</summary>
    public DrainMode Drain { get; init; }

    /// <summary>Bound of the hold.</summary>
    public TimeSpan Hold { get; init; }

    /// <summary>When BEGIN was asked for; the hold can't have started earlier.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Every gateway that was active when the attempt opened.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>Those that have not promised yet.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>When HOLD is sent again.</summary>
    public DateTimeOffset ResendAt { get; init; }

    /// <summary>Why the attempt is being given up; null when it is not.</summary>
    public string? GivingUp { get; init; }

    /// <summary>When the outcome is asked for again after no answer; null when a question is under way.</summary>
    public DateTimeOffset? ResolveAt { get; init; }

    /// <summary>Questions in a row without an answer.</summary>
    public int ResolveFailures { get; init; }

    /// <summary>The attempt's number.</summary>
    public long Attempt => (Before?.Attempt ?? 0) + 1;
}

/// <summary>Where a try stands.</summary>
public enum MoveStage
{
    /// <summary>Not started.</summary>
    Idle,

    /// <summary>BEGIN was asked for.</summary>
    Beginning,

    /// <summary>The attempt is open; promises are being gathered.</summary>
    Gathering,

    /// <summary>Every gateway promised; COMMIT was asked for.</summary>
    Committing,

    /// <summary>ABORT was asked for.</summary>
    Aborting,

    /// <summary>An outcome is unknown; the row is asked for.</summary>
    Resolving,

    /// <summary>Over.</summary>
    Done,
}
