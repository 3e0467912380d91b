using Handover.Core.Foundation;

namespace Handover.Core.Gates;

/// <summary>The gates of a rollout: fixed when it starts, hashed into every verdict.</summary>
public sealed record GatePlan
{
    /// <summary>Highest chance of a false rollback over the whole rollout. Default 5 %.</summary>
    public Ratio Alpha { get; init; } = new(0.05);

    /// <summary>Highest chance of a wrong promotion at the margin. Default 5 %.</summary>
    public Ratio Beta { get; init; } = new(0.05);

    /// <summary>What a promotion needs.</summary>
    public PromotionRule Promote { get; init; } = PromotionRule.NoHarm;

    /// <summary>What is watched; never empty.</summary>
    public IReadOnlyList<MetricGate> Metrics { get; init; } = Default;

    /// <summary>What is watched when the rollout does not say: errors and latency.</summary>
    public static IReadOnlyList<MetricGate> Default { get; } =
    [new("errors", new Ratio(0.20)) { Critical = true }, new("latency", new Ratio(0.20))];
}

/// <summary>What a promotion needs.</summary>
public enum PromotionRule
{
    /// <summary>No harm shown, least time and least requests reached, no metric missing.</summary>
    NoHarm,

    /// <summary>
    /// Non-inferiority or the objective proven for every metric that has not <see cref="MetricGate.HoldOnly"/>.
    /// </summary>
    Proof,
}

/// <summary>One metric and its margin.</summary>
/// <param name="Name">
/// <c>errors</c>, <c>timeouts</c>, <c>latency</c>, <c>loss</c>, <c>predictions</c>, <c>flips</c>, <c>contract</c>, or
/// the name of a pushed metric.
/// </param>
/// <param name="WorseBy">
/// Margin: how much worse than stable the candidate may be. For latency, of the time; for flips, of all requests.
/// </param>
public sealed record MetricGate(string Name, Ratio WorseBy)
{
    /// <summary>
    /// The metric of decisions that change at a declared threshold, beyond what stable changes by itself when it is
    /// asked twice (statistics.md, 4.1). Known in shadow only.
    /// </summary>
    public const string Flips = "flips";

    /// <summary>Whether it gets a part of the half of alpha that is kept for critical metrics.</summary>
    public bool Critical { get; init; }

    /// <summary>Whether harm in it only holds for a person instead of rolling back.</summary>
    public bool HoldOnly { get; init; }

    /// <summary>Whether it is no metric of Handover's own: somebody pushes it, answer by answer.</summary>
    public bool Pushed { get; init; }

    /// <summary>A pushed value above it is bad; null when only good or bad is pushed.</summary>
    public double? Above { get; init; }

    /// <summary>
    /// How long a pushed metric, or labels that are judged on arrival, may be silent. Default 5 min.
    /// </summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(5);
}
