using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Whether counts of several arms fit the shares that were configured (statistics.md 1.1, closed form for a constant
/// share; Lindon and Malek, arXiv 2011.03567). Used to watch the routing, never to blame a model.
/// </summary>
public static class DirichletMixture
{
    /// <summary>How sure the prior is of the configured shares: as if so many units had been seen.</summary>
    public const double Concentration = 100;

    /// <summary>
    /// Natural logarithm of the probability of one order of these counts, averaged over a Dirichlet prior.
    /// </summary>
    /// <param name="counts">Units per arm, none negative.</param>
    /// <param name="prior">Parameters of the prior, one per arm, positive.</param>
    public static double LogMarginal(ReadOnlySpan<long> counts, ReadOnlySpan<double> prior)
    {
        Invariant.Holds(counts.Length == prior.Length, "each arm has a prior");
        double total = 0;
        double sum = 0;
        double log = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            sum += prior[i];
            log += LogMath.LogGamma(prior[i] + counts[i]) - LogMath.LogGamma(prior[i]);
        }

        return log + LogMath.LogGamma(sum) - LogMath.LogGamma(sum + total);
    }

    /// <summary>Natural logarithm of the probability of one order of these counts under fixed shares.</summary>
    /// <param name="counts">Units per arm.</param>
    /// <param name="shares">Shares of the arms, positive.</param>
    public static double LogNull(ReadOnlySpan<long> counts, ReadOnlySpan<double> shares)
    {
        double log = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            log += counts[i] * Math.Log(shares[i]);
        }

        return log;
    }

    /// <summary>Natural logarithm of the e-value against "a unit goes to the candidate with this share".</summary>
    /// <param name="candidate">Units on the candidate.</param>
    /// <param name="stable">Units on stable.</param>
    /// <param name="share">The configured share of the candidate, in (0, 1).</param>
    public static double LogEvidence(long candidate, long stable, double share)
    {
        Span<long> counts = stackalloc long[2];
        Span<double> shares = stackalloc double[2];
        Span<double> prior = stackalloc double[2];
        (counts[0], counts[1]) = (candidate, stable);
        (shares[0], shares[1]) = (share, 1 - share);
        (prior[0], prior[1]) = (Concentration * share, Concentration * (1 - share));
        return LogMarginal(counts, prior) - LogNull(counts, shares);
    }
}
