namespace Handover.Protocol;

/// <summary>
/// One line of a warm-up that is told while it goes on: a window that has ended or, at the end, the whole or why not.
/// </summary>
public sealed record WarmLine
{
    /// <summary>A window that has ended.</summary>
    public WarmWindowView? Window { get; init; }

    /// <summary>The whole; only the last line has it.</summary>
    public WarmView? View { get; init; }

    /// <summary>Why it ended otherwise; only the last line has it.</summary>
    public string? Trouble { get; init; }
}

/// <summary>What warming a release showed.</summary>
/// <param name="Service">The service.</param>
/// <param name="Release">The release.</param>
/// <param name="Requests">Recorded requests that were replayed.</param>
/// <param name="Failed">Those that got no good answer.</param>
/// <param name="Converged">Whether latency had converged at the end.</param>
/// <param name="LatencyMsP50">Median of the last window, in milliseconds.</param>
/// <param name="LatencyMsP99">99th percentile of the last window, in milliseconds.</param>
/// <param name="Findings">What was wrong with the answers; empty when nothing was.</param>
public sealed record WarmView(
    string Service,
    string Release,
    long Requests,
    long Failed,
    bool Converged,
    double LatencyMsP50,
    double LatencyMsP99,
    IReadOnlyList<string> Findings
)
{
    /// <summary>The latency curve, window by window.</summary>
    public IReadOnlyList<WarmWindowView> Windows { get; init; } = [];
}

/// <summary>One round of replayed requests.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Requests">How many.</param>
/// <param name="Failed">Those that got no good answer.</param>
/// <param name="LatencyMsP95">The release's 95th percentile, in milliseconds.</param>
/// <param name="StableLatencyMsP95">Stable's at the same load, in milliseconds.</param>
public sealed record WarmWindowView(
    int Number,
    int Requests,
    int Failed,
    double LatencyMsP95,
    double StableLatencyMsP95
)
{
    /// <summary>How often warming had slowed down by then, so as not to keep stable's callers waiting.</summary>
    public int Pace { get; init; }

    /// <summary>95th percentile of stable's own callers meanwhile, in milliseconds; null when too few came.</summary>
    public double? LiveLatencyMsP95 { get; init; }
}
