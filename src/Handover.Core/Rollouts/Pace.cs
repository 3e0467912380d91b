using Handover.Core.Catalog;

namespace Handover.Core.Rollouts;

/// <summary>
/// How one segment, or everybody, may move within a rollout: segments differ in when somebody is there to look, and in
/// what harm to them means for the rest. Least times and requests stand in the phases themselves.
/// </summary>
/// <param name="Segment">The segment; null for everybody outside the segments that have a pace of their own.</param>
public sealed record Pace(string? Segment)
{
    /// <summary>When the candidate's share of it may grow, e.g. business hours; empty at any time.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>When its share may not grow, whatever the windows say. Going back is always allowed.</summary>
    public IReadOnlyList<MaintenanceWindow> Freezes { get; init; } = [];

    /// <summary>What harm in the segment does. Default: everything goes back.</summary>
    public WhenHarmed WhenHarmed { get; init; } = WhenHarmed.Rollout;

    /// <summary>
    /// Whether the segment is judged by evidence of its own, so that it can go back without the others.
    /// </summary>
    public bool Alone => Segment is not null && WhenHarmed != WhenHarmed.Rollout;

    /// <summary>Metrics that the evidence of one segment can be told by: each is read from a single exchange.</summary>
    public static readonly IReadOnlyList<string> Metrics = ["errors", "timeouts", "latency"];
}

/// <summary>What proven harm in one segment does.</summary>
public enum WhenHarmed
{
    /// <summary>Everything goes back: the segment's requests are evidence like all others.</summary>
    Rollout,

    /// <summary>The segment goes back to stable alone, and the others go on.</summary>
    Segment,

    /// <summary>The segment goes back alone, and the others stay where they are until a person says.</summary>
    Hold,
}
