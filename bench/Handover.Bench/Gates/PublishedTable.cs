namespace Handover.Bench.Gates;

/// <summary>
/// Reruns a published comparison of sequential tests (settings of Schultzberg and Ankargren 2023; values of Kurennoy et
/// al., arXiv 2406.16523, 100,000 trials per cell): 500 pairs of normal observations, known variance, one-sided 5 %. It
/// shows that our simulation and our reading of the methods are right before we compare anything of our own.
/// </summary>
internal sealed class PublishedTable
{
    private const int Pairs = 500;
    private const double Alpha = 0.05;
    private static readonly (string Method, string Looks, double Effect, double Published)[] Cells =
    [
        ("GAVI250", "stream", 0, .02405),
        ("GAVI250", "14", 0, .01329),
        ("GAVI250", "56", 0, .01887),
        ("GAVI250", "stream", .2, .76471),
        ("GAVI250", "14", .2, .72018),
        ("GAVI500", "stream", 0, .01805),
        ("GAVI500", "14", 0, .01099),
        ("GAVI500", "56", 0, .01453),
        ("GAVI500", "stream", .2, .76208),
        ("GAVI500", "14", .2, .72060),
        ("GAVI750", "stream", 0, .01369),
        ("GAVI750", "14", 0, .00857),
        ("GAVI750", "56", 0, .01120),
        ("GAVI750", "stream", .2, .74829),
        ("GAVI750", "14", .2, .70787),
        ("mSPRT100", "stream", 0, .01567),
        ("mSPRT100", "14", 0, .00962),
        ("mSPRT100", "56", 0, .01268),
        ("mSPRT100", "stream", .2, .75571),
        ("mSPRT100", "14", .2, .71464),
        ("mSPRT25", "stream", 0, .02695),
        ("mSPRT25", "14", 0, .01384),
        ("mSPRT25", "56", 0, .02054),
        ("mSPRT25", "stream", .2, .75688),
        ("mSPRT25", "14", .2, .70964),
        ("mSPRT11", "stream", 0, .03011),
        ("mSPRT11", "14", 0, .01365),
        ("mSPRT11", "56", 0, .02158),
        ("mSPRT11", "stream", .2, .73226),
        ("mSPRT11", "14", .2, .67906),
        ("Bonferroni", "stream", 0, .00273),
        ("Bonferroni", "14", 0, .02069),
        ("Bonferroni", "56", 0, .01037),
        ("Bonferroni", "stream", .2, .39787),
        ("Bonferroni", "14", .2, .75475),
        ("GST1", "14", 0, .04984),
        ("GST1", "56", 0, .05014),
        ("GST1", "14", .2, .89876),
        ("GST3", "14", 0, .04984),
        ("GST3", "56", 0, .04979),
        ("GST3", "14", .2, .92680),
    ];

    public static void Run(BenchTable table, int runs)
    {
        table.Section($"Published table (statistics.md 2.2), {runs:N0} trials: published | here");
        Golden(table);
        double[][] bounds = [.. Cells.Select(c => Bounds(c.Method, c.Looks))];
        foreach (double effect in (double[])[0, 0.2])
        {
            int[] cells = [.. Enumerable.Range(0, Cells.Length).Where(i => Cells[i].Effect == effect)];
            long[] hits = Count(effect, [.. cells.Select(i => bounds[i])], runs);
            for (int j = 0; j < cells.Length; j++)
            {
                (string method, string looks, _, double published) = Cells[cells[j]];
                double here = (double)hits[j] / runs;

                // Both numbers are estimates, the published one from 100,000 trials.
                double error = Math.Sqrt(published * (1 - published) * ((1.0 / runs) + (1.0 / 100_000)));
                string name = $"{method}, {looks} looks, {(effect == 0 ? "false alarms" : "power at 0.2")}";
                string measured = FormattableString.Invariant($"{published:0.00000} | {here:0.00000}");
                double gap = Math.Abs(here - published) / error;
                table.Judge(name, measured, FormattableString.Invariant($"{gap:0.0} standard errors, <= 4"), gap <= 4);
            }
        }
    }

    /// <summary>
    /// Group-sequential bounds for four looks, even spending, one-sided 5 %: what R's ldBounds prints, whose grid is
    /// coarse, and an independent integration by Simpson's rule on 1,601 points.
    /// </summary>
    private static void Golden(BenchTable table)
    {
        double[] printed = [2.241403, 2.125078, 2.018644, 1.925452];
        double[] exact = [2.241402728, 2.125118799, 2.018704343, 1.925529197];
        double[] here = SpendingBounds(4, 1);
        double fromR = here.Zip(printed, (a, b) => Math.Abs(a - b)).Max();
        double fromExact = here.Zip(exact, (a, b) => Math.Abs(a - b)).Max();
        table.Judge(
            "group-sequential bounds, four looks: R's ldBounds | integrated",
            FormattableString.Invariant($"differ by {fromR:0.0e+0} | {fromExact:0.0e+0}"),
            "<= 1e-4 | <= 1e-6",
            fromR <= 1e-4 && fromExact <= 1e-6
        );
    }

    private static long[] Count(double effect, double[][] bounds, int runs)
    {
        long[] hits = new long[bounds.Length];
        Parallel.For(
            0,
            100,
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            block =>
            {
                var draws = new Draws(8163, block + (effect > 0 ? 1_000 : 0));
                long[] mine = new long[bounds.Length];
                double[] z = new double[Pairs];
                for (int run = 0; run < runs / 100; run++)
                {
                    double sum = 0;
                    for (int i = 0; i < Pairs; i++)
                    {
                        // The difference of a pair is normal with variance 2; z is its standardised running mean.
                        sum += effect + (Math.Sqrt(2) * draws.Normal());
                        z[i] = sum / Math.Sqrt(2 * (i + 1.0));
                    }

                    for (int b = 0; b < bounds.Length; b++)
                    {
                        mine[b] += Crosses(z, bounds[b]) ? 1 : 0;
                    }
                }

                for (int b = 0; b < bounds.Length; b++)
                {
                    Interlocked.Add(ref hits[b], mine[b]);
                }
            }
        );
        return hits;
    }

    private static bool Crosses(double[] z, double[] bound)
    {
        for (int i = 0; i < z.Length; i++)
        {
            if (z[i] > bound[i])
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The bound on z after each pair; infinite where nobody looks.</summary>
    private static double[] Bounds(string method, string looks)
    {
        int count = looks == "stream" ? Pairs : int.Parse(looks);
        int[] at = [.. Enumerable.Range(1, count).Select(k => (int)((Pairs * (double)k / count) + 1e-9))];
        double[] grouped = method.StartsWith("GST", StringComparison.Ordinal)
            ? SpendingBounds(count, int.Parse(method[3..]))
            : [];
        double[] bound = new double[Pairs];
        Array.Fill(bound, double.PositiveInfinity);
        for (int k = 0; k < count; k++)
        {
            int n = at[k];
            bound[n - 1] = method switch
            {
                ['G', 'A', 'V', 'I', .. var phi] => Gavi(n, double.Parse(phi)),
                ['m', 'S', 'P', 'R', 'T', .. var phi] => Msprt(n, phi == "11" ? 1 / 0.09 : double.Parse(phi)),
                "Bonferroni" => Gaussian.Quantile(Alpha / count),
                _ => grouped[k],
            };
        }

        return bound;
    }

    private static double Gavi(int n, double phi)
    {
        const double A = 2 * Alpha;
        double rho = phi / (Math.Log(Math.Log(Math.E / (A * A))) - (2 * Math.Log(A)));
        double difference = Math.Sqrt(2) / n * Math.Sqrt((n + rho) * Math.Log((n + rho) / (rho * A * A)));
        return difference / Math.Sqrt(2.0 / n);
    }

    private static double Msprt(int n, double phi)
    {
        const double A = 2 * Alpha;

        // The published rerun takes sigma^2 / se^2 = n with se^2 = 2 / n left in place; the first script n / 2.
        double z2 = n;
        return Math.Sqrt(Math.Log((phi + z2) / (phi * A * A)) * (phi + z2) / z2);
    }

    /// <summary>
    /// One-sided Lan-DeMets bounds that spend alpha t^phi, by numerical integration of the surviving density.
    /// </summary>
    private static double[] SpendingBounds(int count, int phi)
    {
        const int Grid = 801;
        double step = Math.Sqrt(1.0 / count);
        double[] bound = new double[count];
        double[] x = [];
        double[] mass = [];
        double[] from = [];
        double[] held = [];
        double spend = 0;
        for (int k = 0; k < count; k++)
        {
            double now = (k + 1.0) / count;
            spend = Alpha * (Math.Pow(now, phi) - Math.Pow((double)k / count, phi));
            (from, held) = (x, mass);
            double edge = k == 0 ? Gaussian.Quantile(spend) * Math.Sqrt(now) : Gaussian.Solve(Left, -6, 8);
            bound[k] = edge / Math.Sqrt(now);
            double low = -8 * Math.Sqrt(now);
            double h = (edge - low) / (Grid - 1);
            x = [.. Enumerable.Range(0, Grid).Select(i => low + (i * h))];
            mass = new double[Grid];
            for (int i = 0; i < Grid; i++)
            {
                double density = k == 0 ? Gaussian.Density(x[i] / step) / step : from.Zip(held, Step(x[i])).Sum();

                // Simpson's rule.
                double weight =
                    i is 0 or Grid - 1 ? 1
                    : i % 2 == 1 ? 4
                    : 2;
                mass[i] = density * h * weight / 3;
            }
        }

        return bound;

        double Left(double c) => from.Zip(held, (a, m) => m * Gaussian.Above((c - a) / step)).Sum() - spend;

        Func<double, double, double> Step(double to) => (a, m) => m * Gaussian.Density((to - a) / step) / step;
    }
}
