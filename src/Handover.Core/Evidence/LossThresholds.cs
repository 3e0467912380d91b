namespace Handover.Core.Evidence;

/// <summary>
/// The losses that count as bad, frozen from stable's errors on labelled answers before the rollout. For losses that
/// are already right or wrong no thresholds are needed.
/// </summary>
/// <param name="Stable">An answer of stable counts at level j when its loss is above element j.</param>
/// <param name="Candidate">The same for the candidate: larger by the margin.</param>
public sealed record LossThresholds(IReadOnlyList<double> Stable, IReadOnlyList<double> Candidate)
{
    /// <summary>
    /// Freezes the thresholds; null when there are fewer than <see cref="Quantiles.LeastAnswers"/> losses, and then the
    /// metric is missing and the rollout holds.
    /// </summary>
    /// <param name="stableLosses">Losses of stable's last labelled answers, in any order.</param>
    /// <param name="margin">How much larger the candidate's loss may be, e.g. 0.05.</param>
    public static LossThresholds? Freeze(IReadOnlyList<double> stableLosses, double margin)
    {
        double[]? at = Quantiles.Freeze(stableLosses);
        return at is null ? null : new LossThresholds(at, [.. at.Select(tau => (1 + margin) * tau)]);
    }
}
