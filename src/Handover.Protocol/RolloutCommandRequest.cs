namespace Handover.Protocol;

/// <summary>The body of every command to a rollout; a field that the command does not know is refused.</summary>
public sealed record RolloutCommandRequest
{
    /// <summary><c>promote</c>: go to 100 % without waiting in the phases between.</summary>
    public bool? Full { get; init; }

    /// <summary><c>setShare</c>: percent of entities, 0 to 100.</summary>
    public double? Percent { get; init; }

    /// <summary>readmit: the segment that comes in again.</summary>
    public string? Segment { get; init; }

    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}
