using Handover.Core.Foundation;

namespace Handover.Core.Gates;

/// <summary>What a verdict needs to know beside the evidence: where the rollout stands.</summary>
/// <param name="Phase">What kind of phase is active.</param>
/// <param name="At">Now.</param>
/// <param name="CandidateShare">The candidate's share now.</param>
/// <param name="Stable">Name of the stable release.</param>
/// <param name="Candidate">Name of the candidate.</param>
public sealed record JudgeInput(
    JudgedPhase Phase,
    DateTimeOffset At,
    Share CandidateShare,
    string Stable,
    string Candidate
)
{
    /// <summary>Time since the phase has settled.</summary>
    public TimeSpan PhaseElapsed { get; init; }

    /// <summary>Least time in the phase.</summary>
    public TimeSpan PhaseLeastTime { get; init; }

    /// <summary>Candidate requests in the phase.</summary>
    public long PhaseRequests { get; init; }

    /// <summary>Least candidate requests in the phase.</summary>
    public long PhaseLeastRequests { get; init; }

    /// <summary>Compared pairs in the shadow phase.</summary>
    public long ShadowPairs { get; init; }

    /// <summary>Least compared pairs.</summary>
    public long LeastPairs { get; init; }

    /// <summary>What people call the bins of <c>predictions</c>; empty when nobody named them.</summary>
    public IReadOnlyList<string> PredictionBins { get; init; } = [];

    /// <summary>What else holds the rollout, in words, e.g. its budget.</summary>
    public IReadOnlyList<string> Holding { get; init; } = [];

    /// <summary>The first broken contracts in words, the candidate's first; empty when none is.</summary>
    public IReadOnlyList<string> ContractFindings { get; init; } = [];

    /// <summary>Metrics that have no data although they should, with the reason.</summary>
    public IReadOnlyList<MissingMetric> Missing { get; init; } = [];
}

/// <summary>What kind of phase is judged.</summary>
public enum JudgedPhase
{
    /// <summary>Both releases serve.</summary>
    Shift,

    /// <summary>Only the candidate serves: objectives decide.</summary>
    Bake,

    /// <summary>Both answer, stable serves: paired tests decide.</summary>
    Shadow,
}

/// <summary>A metric without data.</summary>
/// <param name="Name">The metric.</param>
/// <param name="Why">Why, and what to do, in words.</param>
public sealed record MissingMetric(string Name, string Why);
