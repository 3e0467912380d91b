namespace Handover.Bench.Peers;

/// <summary>
/// The classification of Spinnaker's Kayenta judge for one metric in direction "increase": a Mann-Whitney confidence
/// interval (98 %) of the shift between per-interval values, compared with a quarter of the estimated shift. Written
/// from the description of its behaviour; a baseline for comparison only.
/// </summary>
public static class KayentaRule
{
    private const double Z = 2.3263478740408408;
    private const double Part = 0.25;

    /// <summary>Whether the experiment is classified as higher than the control.</summary>
    public static bool High(double[] experiment, double[] control)
    {
        double[] x = [.. experiment.Order()];
        double[] y = [.. control.Order()];
        if (x.Length == 0 || y.Length == 0 || x.SequenceEqual(y) || x.Concat(y).Distinct().Count() == 1)
        {
            return false;
        }

        (double low, double shift) = Interval(x, y);
        return low > Part * Math.Abs(shift);
    }

    /// <summary>
    /// Lower end of the interval of the shift, and the shift (Hodges and Lehmann). Both samples are ascending.
    /// </summary>
    public static (double Low, double Shift) Interval(double[] x, double[] y) => (Root(x, y, Z), Root(x, y, 0));

    /// <summary>Standardised rank statistic of x shifted down by mu, with continuity correction, less q.</summary>
    private static double Statistic(double[] x, double[] y, double mu, double q)
    {
        int n = x.Length;
        int m = y.Length;
        var all = new (double Value, bool Mine)[n + m];
        for (int i = 0; i < n; i++)
        {
            all[i] = (x[i] - mu, true);
        }

        for (int i = 0; i < m; i++)
        {
            all[n + i] = (y[i], false);
        }

        Array.Sort(all, (a, b) => a.Value.CompareTo(b.Value));
        double ranks = 0;
        double ties = 0;
        for (int i = 0; i < all.Length; )
        {
            int j = i;
            int mine = 0;
            for (; j < all.Length && all[j].Value == all[i].Value; j++)
            {
                mine += all[j].Mine ? 1 : 0;
            }

            double t = j - i;
            ranks += mine * (i + 1 + j) / 2.0;
            ties += (t * t * t) - t;
            i = j;
        }

        double dz = ranks - (n * (n + 1) / 2.0) - (n * m / 2.0);
        double sigma = Math.Sqrt(n * (double)m / 12 * (n + m + 1 - (ties / ((n + m) * (n + m - 1.0)))));
        return sigma == 0 ? -q : ((dz - (0.5 * Math.Sign(dz))) / sigma) - q;
    }

    private static double Root(double[] x, double[] y, double q)
    {
        double low = x[0] - y[^1];
        double high = x[^1] - y[0];
        if (Statistic(x, y, low, q) <= 0)
        {
            return low;
        }

        if (Statistic(x, y, high, q) >= 0)
        {
            return high;
        }

        // The statistic falls with mu: halve until the step is found as closely as the original's tolerance.
        double tolerance = Math.Min(1e-4, (high - low) * 1e-6);
        while (high - low > tolerance)
        {
            double middle = (low + high) / 2;
            if (Statistic(x, y, middle, q) > 0)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return (low + high) / 2;
    }
}
