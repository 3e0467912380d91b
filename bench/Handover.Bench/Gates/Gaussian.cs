namespace Handover.Bench.Gates;

/// <summary>The normal distribution, as far as the published tables need it.</summary>
internal static class Gaussian
{
    /// <summary>
    /// P(Z &gt; x), relative error below 1e-7 in the range used (complementary error function by Chebyshev fit).
    /// </summary>
    public static double Above(double x)
    {
        double z = Math.Abs(x) / Math.Sqrt(2);
        double t = 2 / (2 + z);
        double y = (4 * t) - 2;
        double d = 0;
        double e = 0;
        for (int j = Coefficients.Length - 1; j > 0; j--)
        {
            (d, e) = ((y * d) - e + Coefficients[j], d);
        }

        double tail = t * Math.Exp((-z * z) + (0.5 * (Coefficients[0] + (y * d))) - e) / 2;
        return x >= 0 ? tail : 1 - tail;
    }

    /// <summary>The x with P(Z &gt; x) = p, by bisection.</summary>
    public static double Quantile(double p) => Solve(x => Above(x) - p, -10, 10);

    public static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    /// <summary>Root of a falling function.</summary>
    public static double Solve(Func<double, double> falling, double low, double high)
    {
        for (int i = 0; i < 80; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = falling(middle) > 0 ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    // Chebyshev coefficients of ln(erfc(z) / t) + z^2 in t = 2 / (2 + z): fitted once, see Fit.
    private static readonly double[] Coefficients = Fit();

    private static double[] Fit()
    {
        const int N = 40;
        double[] values = new double[N];
        for (int k = 0; k < N; k++)
        {
            double t = (Math.Cos(Math.PI * (k + 0.5) / N) + 1) / 2;
            double z = (2 / t) - 2;
            values[k] = Math.Log(ScaledErfc(z) / t);
        }

        return
        [
            .. Enumerable
                .Range(0, N)
                .Select(j =>
                    2.0 / N * Enumerable.Range(0, N).Sum(k => values[k] * Math.Cos(Math.PI * j * (k + 0.5) / N))
                ),
        ];
    }

    /// <summary>e^(z^2) erfc(z) by its integral, 2/sqrt(pi) * integral of e^(-u^2 - 2uz) over u &gt;= 0.</summary>
    private static double ScaledErfc(double z)
    {
        double width = Math.Min(6.5, 40 / (2 * z + 1e-300));
        const int Steps = 4_000;
        double h = width / Steps;
        double sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double u = i * h;
            double weight =
                i is 0 or Steps ? 1
                : i % 2 == 1 ? 4
                : 2;
            sum += weight * Math.Exp((-u * u) - (2 * u * z));
        }

        return 2 / Math.Sqrt(Math.PI) * sum * h / 3;
    }
}
