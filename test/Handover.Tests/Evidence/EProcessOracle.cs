namespace Handover.Tests.Evidence;

/// <summary>
/// The e-processes as one would write them from the formulas, event by event and without logarithms or shortcuts: the
/// obvious twin that the shipped code is compared with.
/// </summary>
internal static class EProcessOracle
{
    private static readonly double[] HarmRatios = [1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50];
    private static readonly double[] HarmPercent = [2, 2, 3.5, 6, 8.5, 10.5, 12, 13, 12.5, 12, 10, 4.5, 2, 1, 0.5];

    /// <summary>E-value of a conditional comparison: the product over events of likelihood ratios, averaged.</summary>
    public static double Counts(double nullLog, double[] logRatios, IEnumerable<(double Rho, long C, long S)> ticks)
    {
        double sum = 0;
        for (int k = 0; k < logRatios.Length; k++)
        {
            double d = logRatios[k];
            double weight = logRatios.Length == 15 ? HarmPercent[k] / 100 : 1.0 / logRatios.Length;
            double product = 1;
            foreach ((double rho, long c, long s) in ticks)
            {
                double alternative = Arm(rho, d);
                double atNull = Arm(rho, nullLog);
                product *= Math.Pow(alternative / atNull, c) * Math.Pow((1 - alternative) / (1 - atNull), s);
            }

            sum += product * weight;
        }

        return sum;
    }

    /// <summary>Probability that an event's release is the candidate.</summary>
    public static double Arm(double rho, double logRatio) =>
        rho * Math.Exp(logRatio) / (1 - rho + (rho * Math.Exp(logRatio)));

    /// <summary>The harm grid of the head of statistics.md, relative to the margin.</summary>
    public static double[] HarmGrid(double nullLog) => [.. HarmRatios.Select(r => nullLog + Math.Log(r))];

    /// <summary>The safe grid of the head of statistics.md, relative to the margin.</summary>
    public static double[] SafeGrid(double nullLog) =>
        [.. new[] { 1.05, 1.1, 1.2, 1.5, 2, 3 }.Select(r => nullLog - Math.Log(r))];

    /// <summary>Mean over restarts: seven tenths on the beginning, the rest evenly; the unspent is kept.</summary>
    public static double Restarted(
        double nullLog,
        double[] logRatios,
        IReadOnlyList<(double Rho, long C, long S)> ticks,
        IReadOnlyList<int> starts,
        int planned
    )
    {
        double e = 0.7 * Counts(nullLog, logRatios, ticks);
        foreach (int start in starts)
        {
            e += 0.3 / planned * Counts(nullLog, logRatios, ticks.Skip(start));
        }

        return e + (0.3 * (planned - starts.Count) / planned);
    }

    /// <summary>Probability of k of n.</summary>
    public static double Binomial(int n, int k, double p)
    {
        double choose = 1;
        for (int i = 0; i < k; i++)
        {
            choose *= (double)(n - i) / (i + 1);
        }

        return choose * Math.Pow(p, k) * Math.Pow(1 - p, n - k);
    }
}
