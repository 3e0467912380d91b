namespace Handover.Core.Divergence;

/// <summary>Compares two probability vectors over the same classes in the same order.</summary>
public static class ProbabilityComparison
{
    /// <summary>How far a sum may be from 1 for a vector to be one of probabilities.</summary>
    public const double SumTolerance = 1e-6;

    /// <summary>Whether all values are in [0, 1] and sum to 1 within <paramref name="tolerance"/>.</summary>
    public static bool IsDistribution(ReadOnlySpan<double> p, double tolerance = SumTolerance)
    {
        double sum = 0;
        foreach (double value in p)
        {
            if (!(value >= 0 && value <= 1 + tolerance))
            {
                return false;
            }

            sum += value;
        }

        return Math.Abs(sum - 1) <= tolerance;
    }

    /// <summary>
    /// Total variation: half the sum of |p - q|; in [0, 1] for distributions. 1 when a value is not finite.
    /// </summary>
    public static double TotalVariation(ReadOnlySpan<double> p, ReadOnlySpan<double> q)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            sum += p[i].Equals(q[i]) ? 0 : Math.Abs(p[i] - q[i]);
        }

        return double.IsFinite(sum) ? sum / 2 : 1;
    }

    /// <summary>
    /// Jensen-Shannon divergence in bits, in [0, 1] for distributions: the mean of the relative entropies of both to
    /// their average. Its square root is a metric (Endres and Schindelin 2003).
    /// </summary>
    public static double JensenShannon(ReadOnlySpan<double> p, ReadOnlySpan<double> q)
    {
        double sum = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double middle = (p[i] + q[i]) / 2;
            sum += Term(p[i], middle) + Term(q[i], middle);
        }

        return Math.Clamp(sum / 2, 0, 1);

        static double Term(double x, double m) => x <= 0 ? 0 : x * Math.Log2(x / m);
    }

    /// <summary>Index of the largest value, the first of equals; -1 when empty.</summary>
    public static int Top(ReadOnlySpan<double> p)
    {
        int top = p.Length == 0 ? -1 : 0;
        for (int i = 1; i < p.Length; i++)
        {
            top = p[i] > p[top] ? i : top;
        }

        return top;
    }
}
