namespace Handover.Core.Rollouts;

/// <summary>
/// Where one segment stands in its own shifts while segments move independently. Its shifts follow one another; what
/// another segment waits for does not stop it.
/// </summary>
/// <param name="Segment">The segment.</param>
/// <param name="PhaseIndex">Index into the plan's phases of its shift that is active, or was the last.</param>
/// <param name="ProgressAt">When it last went forward; the plan's deadline counts from here.</param>
public sealed record Track(string Segment, int PhaseIndex, DateTimeOffset ProgressAt)
{
    /// <summary>When it entered that shift.</summary>
    public DateTimeOffset EnteredAt { get; init; } = ProgressAt;

    /// <summary>Whether that shift's move is done and it gathers evidence.</summary>
    public bool Settled { get; init; }

    /// <summary>Whether all its shifts are completed.</summary>
    public bool Done { get; init; }

    /// <summary>Why it waits, in words; null while it goes on by itself.</summary>
    public string? Waits { get; init; }

    /// <summary>Whether it goes on only when a person says so; else it does when its window opens.</summary>
    public bool NeedsPerson { get; init; }

    /// <summary>Whether it wants a move now.</summary>
    public bool Moves => this is { Settled: false, Done: false, Waits: null };
}
