namespace Handover.Core.Gates;

/// <summary>What the evidence says. "Not enough evidence" is <see cref="Outcome.Hold"/>.</summary>
/// <param name="Outcome">Promote, hold or roll back.</param>
/// <param name="Reasons">Why, in words, the decisive one first; never empty.</param>
/// <param name="Gates">Each gate's own reading, for display and audit.</param>
public sealed record Verdict(Outcome Outcome, IReadOnlyList<string> Reasons, IReadOnlyList<GateReading> Gates)
{
    /// <summary>The metric that decided a rollback; null otherwise.</summary>
    public string? Culprit { get; init; }

    /// <summary>The release that is sick when <see cref="Outcome"/> is a rollback; null otherwise.</summary>
    public string? SickRelease { get; init; }
}

/// <summary>The three outcomes.</summary>
public enum Outcome
{
    /// <summary>Not enough evidence, or a metric is missing, or a person must look.</summary>
    Hold,

    /// <summary>The phase may be left forwards.</summary>
    Promote,

    /// <summary>The candidate does harm.</summary>
    RollBack,
}

/// <summary>One gate's reading.</summary>
/// <param name="Name">The metric, e.g. <c>errors</c>.</param>
/// <param name="Outcome">What this gate alone says.</param>
/// <param name="LogEvidence">Natural logarithm of its e-value for harm.</param>
/// <param name="Threshold">Natural logarithm of the e-value at which harm is called.</param>
/// <param name="N">Candidate units that went in.</param>
/// <param name="Detail">One line for people, e.g. <c>candidate 4.8% of 2,000, stable 0.4% of 18,000</c>.</param>
public sealed record GateReading(
    string Name,
    Outcome Outcome,
    double LogEvidence,
    double Threshold,
    long N,
    string Detail
)
{
    /// <summary>Candidate requests that are still needed for a promotion, if that can be said.</summary>
    public long? NeedsMore { get; init; }
}
