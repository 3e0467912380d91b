using Handover.Core.Catalog;
using Handover.Core.Contracts;

namespace Handover.Core.Advice;

/// <summary>
/// What is known without asking: measured on this machine, or declared by the service and its releases. Null is not
/// known.
/// </summary>
public sealed record MeasuredFacts
{
    /// <summary>Nothing is known.</summary>
    public static MeasuredFacts None { get; } = new();

    /// <summary>Memory of the stable release, in bytes: measured if it runs, else declared.</summary>
    public long? StableMemoryBytes { get; init; }

    /// <summary>Memory of the candidate, in bytes.</summary>
    public long? CandidateMemoryBytes { get; init; }

    /// <summary>
    /// Memory that releases may use together, in bytes: what is free now plus what stable uses already.
    /// </summary>
    public long? MemoryForReleasesBytes { get; init; }

    /// <summary>What stable costs per day.</summary>
    public Cost? StableCostPerDay { get; init; }

    /// <summary>What the candidate costs per day.</summary>
    public Cost? CandidateCostPerDay { get; init; }

    /// <summary>Inference requests per second now.</summary>
    public double? RequestsPerSecond { get; init; }

    /// <summary>Contract findings of both releases; null when nothing was checked.</summary>
    public ContractMatrix? Contracts { get; init; }

    /// <summary>The candidate's result on held-out data.</summary>
    public Holdout? Holdout { get; init; }

    /// <summary>Recorded requests that can be replayed.</summary>
    public long? ReplayableRequests { get; init; }

    /// <summary>Time that the candidate's stack takes from start to ready.</summary>
    public TimeSpan? StartTime { get; init; }

    /// <summary>What the release declares about its difference.</summary>
    public ChangeKind? DeclaredChange { get; init; }

    /// <summary>What the service declares about the damage that a wrong release can do.</summary>
    public Impact? Impact { get; init; }

    /// <summary>Which interruption the service declares allowed; null when it does not say.</summary>
    public TimeSpan? DowntimeAllowed { get; init; }

    /// <summary>Segments that a flag may open first, in this order.</summary>
    public IReadOnlyList<string> Segments { get; init; } = [];

    /// <summary>Name of the candidate, for the sentences; null when unknown.</summary>
    public string? Candidate { get; init; }
}
