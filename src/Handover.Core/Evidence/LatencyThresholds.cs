namespace Handover.Core.Evidence;

/// <summary>
/// The latencies that count as slow, frozen from stable's answers before the rollout (statistics.md 1.3). Frozen,
/// because a threshold that follows the data would make the test depend on what it tests.
/// </summary>
/// <param name="StableMs">
/// An answer of stable counts at level j when it takes longer than element j, in milliseconds. After the levels of
/// <see cref="Quantiles.Levels"/> comes the objective, if the service has one.
/// </param>
/// <param name="CandidateMs">The same for the candidate: slower by the margin, and by at least 5 ms.</param>
public sealed record LatencyThresholds(IReadOnlyList<double> StableMs, IReadOnlyList<double> CandidateMs)
{
    /// <summary>
    /// Least difference in milliseconds that counts: identical servers differ by a factor in how often they are slow
    /// when "slow" is a fraction of a millisecond.
    /// </summary>
    public const double FloorMs = 5;

    /// <summary>Level of the objective for the 99th percentile: the one after the quantiles.</summary>
    public const int ObjectiveLevel = 6;

    /// <summary>
    /// Freezes the thresholds; null when there are fewer than <see cref="Quantiles.LeastAnswers"/> answers, and then
    /// the metric is missing and the rollout holds. A timeout must be given as a latency above all others.
    /// </summary>
    /// <param name="stableMs">Latencies of stable's last answers, in milliseconds, in any order.</param>
    /// <param name="margin">How much slower the candidate may be, e.g. 0.2.</param>
    /// <param name="p99">The service's objective; null for none.</param>
    public static LatencyThresholds? Freeze(IReadOnlyList<double> stableMs, double margin, TimeSpan? p99)
    {
        double[]? at = Quantiles.Freeze(stableMs);
        if (at is null)
        {
            return null;
        }

        double[] own = p99 is { } limit ? [limit.TotalMilliseconds] : [];
        return new LatencyThresholds(
            [.. at, .. own],
            [.. at.Select(tau => Math.Max((1 + margin) * tau, tau + FloorMs)), .. own]
        );
    }
}
