using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;

namespace Handover.Control.Warming;

/// <summary>What is warmed, and what it is held to.</summary>
/// <param name="Service">The service.</param>
/// <param name="Stable">The release whose recorded requests are replayed, and whose latency is the measure.</param>
/// <param name="Candidate">The release that is warmed.</param>
/// <param name="Requests">Recorded requests per window.</param>
public sealed record WarmJob(Service Service, string Stable, string Candidate, int Requests)
{
    /// <summary>What the candidate declares to answer; null checks no answers.</summary>
    public Signature? Declared { get; init; }

    /// <summary>Distributions that monitors hold its answers against; see <see cref="ReferenceCheck.Of"/>.</summary>
    public IReadOnlyList<(string Consumer, MonitoredReference Reference)> References { get; init; } = [];

    /// <summary>What stable declares to answer.</summary>
    public Signature? StableDeclared { get; init; }

    /// <summary>
    /// Stable's 95th percentile at the same load, in ms, when it was measured before; null measures it now.
    /// </summary>
    public double? StableP95Ms { get; init; }

    /// <summary>What is replayed, where a person brought it; null takes what the journal has of stable.</summary>
    public IReadOnlyList<Ports.Exchange>? Recorded { get; init; }

    /// <summary>How much slower than stable the candidate may be.</summary>
    public Ratio LatencyMargin { get; init; } = new(0.2);

    /// <summary>Highest acceptable rate of failed answers.</summary>
    public Ratio ErrorLimit { get; init; } = new(0.01);

    /// <summary>Chance of refusing a release that keeps the limit.</summary>
    public Ratio Alpha { get; init; } = new(0.05);
}

/// <summary>One round of replayed requests.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Requests">How many.</param>
/// <param name="P95Ms">The candidate's 95th percentile in milliseconds.</param>
/// <param name="StableP95Ms">Stable's at the same load.</param>
public sealed record WarmWindow(int Number, int Requests, double P95Ms, double StableP95Ms)
{
    /// <summary>The candidate's median in milliseconds.</summary>
    public double P50Ms { get; init; }

    /// <summary>The candidate's 99th percentile in milliseconds.</summary>
    public double P99Ms { get; init; }

    /// <summary>Requests that got no good answer.</summary>
    public int Failed { get; init; }

    /// <summary>How often warming had slowed down by its end, so as not to keep stable's callers waiting.</summary>
    public int Pace { get; init; }

    /// <summary>The 95th percentile of stable's own callers meanwhile, in ms; null when too few came.</summary>
    public double? LiveP95Ms { get; init; }
}

/// <summary>How a warm-up ended.</summary>
/// <param name="Windows">The latency curve.</param>
/// <param name="Refusals">Why the release may not serve; empty when it converged.</param>
public sealed record WarmReport(IReadOnlyList<WarmWindow> Windows, IReadOnlyList<string> Refusals)
{
    /// <summary>What was found beside; in words.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>One line for people.</summary>
    public string Summary =>
        FormattableString.Invariant(
            $"converged after {Windows.Count} windows: p95 {Windows[^1].P95Ms:0.0} ms, stable {Windows[^1].StableP95Ms:0.0} ms"
        )
        + (
            Windows[^1].Pace == 0
                ? ""
                : $"; slowed down {Windows[^1].Pace} times because stable's callers waited longer meanwhile"
        )
        + string.Concat(Notes.Select(n => $"; {n}"));
}
