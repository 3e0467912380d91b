namespace Handover.Core.Rollouts;

/// <summary>
/// Where a switch with one stack stands while the service is closed. Folded from events, so that a node that was killed
/// in the middle goes on at the same step and never leaves the service closed.
/// </summary>
/// <param name="Serving">The release that served until the service was closed.</param>
/// <param name="At">When it was closed; the interruption that the service allows counts from here.</param>
public sealed record ClosedState(string Serving, DateTimeOffset At)
{
    /// <summary>The release that was stopped last; null while the one that served still runs.</summary>
    public string? Stopped { get; init; }

    /// <summary>The release that is ready to be opened on; null while none is.</summary>
    public string? Ready { get; init; }

    /// <summary>Whether the candidate was warmed.</summary>
    public bool Warmed { get; init; }
}

/// <summary>A closing that is over.</summary>
/// <param name="ClosedAt">When the service was closed.</param>
/// <param name="OpenedAt">When it was opened again, on whichever release.</param>
public sealed record Reopening(DateTimeOffset ClosedAt, DateTimeOffset OpenedAt);
