namespace Handover.Core.Evidence;

/// <summary>
/// Logarithms that stay exact near zero. E-values are products of thousands of factors close to one; what
/// <see cref="Math.Log(double)"/> loses on each of them would add up to a wrong verdict.
/// </summary>
public static class LogMath
{
    /// <summary>ln(1 + x) for x &gt;= -1, to about one unit in the last place (Kahan).</summary>
    public static double Log1P(double x)
    {
        double u = 1 + x;
        return u == 1 ? x
            : double.IsInfinity(u) || u == 0 ? Math.Log(u)
            : Math.Log(u) * (x / (u - 1));
    }

    /// <summary>e^x - 1, to about one unit in the last place (Kahan).</summary>
    public static double ExpM1(double x)
    {
        double u = Math.Exp(x);
        double less = u - 1;
        return u == 1 ? x
            : less == -1 || double.IsInfinity(u) ? less
            : less * (x / Math.Log(u));
    }

    /// <summary>ln(e^a + e^b); minus infinity stands for zero.</summary>
    public static double LogAddExp(double a, double b)
    {
        double high = Math.Max(a, b);
        return double.IsNegativeInfinity(high) ? high : high + Log1P(Math.Exp(Math.Min(a, b) - high));
    }

    /// <summary>ln(sum of e^x); minus infinity for no terms.</summary>
    public static double LogSumExp(ReadOnlySpan<double> terms)
    {
        double high = double.NegativeInfinity;
        foreach (double x in terms)
        {
            high = Math.Max(high, x);
        }

        if (double.IsInfinity(high))
        {
            return high;
        }

        double sum = 0;
        foreach (double x in terms)
        {
            sum += Math.Exp(x - high);
        }

        return high + Math.Log(sum);
    }

    /// <summary>ln of the gamma function for x &gt; 0, to about 1e-14 of its value (Lanczos, g = 7, n = 9).</summary>
    public static double LogGamma(double x)
    {
        // Below a half the series loses digits; the recurrence moves the argument up.
        if (x < 0.5)
        {
            return LogGamma(x + 1) - Math.Log(x);
        }

        double y = x - 1;
        double sum = Lanczos[0];
        for (int i = 1; i < Lanczos.Length; i++)
        {
            sum += Lanczos[i] / (y + i);
        }

        double t = y + 7.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((y + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }

    private static readonly double[] Lanczos =
    [
        0.99999999999980993,
        676.5203681218851,
        -1259.1392167224028,
        771.32342877765313,
        -176.61502916214059,
        12.507343278686905,
        -0.13857109526572012,
        9.9843695780195716e-6,
        1.5056327351493116e-7,
    ];

    /// <summary>Kullback-Leibler divergence of Bernoulli(a) from Bernoulli(b), in nats; b in (0, 1).</summary>
    public static double BernoulliKl(double a, double b) =>
        (a > 0 ? a * Math.Log(a / b) : 0) + (a < 1 ? (1 - a) * Math.Log((1 - a) / (1 - b)) : 0);
}
