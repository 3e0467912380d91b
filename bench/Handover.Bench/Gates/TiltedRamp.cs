using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Bench.Gates;

/// <summary>
/// False rollbacks of healthy releases, estimated by tilting: the total number of bad events is drawn as under the null
/// (that is where traffic and base rate are), and only which release each of them falls on follows the bet.
/// </summary>
internal static class TiltedRamp
{
    private static readonly double[] Stable = [0.5, 0.25, 0.1, 0.05, 0.01, 0.001];

    /// <summary>Chance that the boosted test reaches 1/alpha on a healthy release.</summary>
    public static Tilted Chance(CountScenario s, RestartPlan restarts, double alpha, int runs) =>
        Tilted.Of(CountRuns.Each(runs, 111, draws => One(s, restarts, alpha, draws)));

    /// <summary>The same for a whole book that watches errors and latency, margin 0, looks every 5 s.</summary>
    public static Tilted Book(GateSetup setup, double errors, int runs) =>
        Tilted.Of(CountRuns.Each(runs, 112, draws => OneBook(setup, errors, draws)));

    private static double One(CountScenario s, RestartPlan restarts, double alpha, Draws draws)
    {
        double enough = -Math.Log(alpha);
        CountEProcess shipped = CountEProcess.Harm(0, restarts, enough);
        CountEProcess plain = CountEProcess.Harm(0, restarts);
        var bet = Bet.Draw(restarts, draws);
        double burst = 1;
        for (int t = 0; t < s.Ticks; t++)
        {
            var (share, c, k) = CountRuns.Draw(s, t, ref burst, draws);
            DateTimeOffset at = CountRuns.Start.AddSeconds(s.TickSeconds * (t + 1));
            long candidate = draws.Binomial(c + k, bet.Arm(at, share));
            shipped.Observe(at, share, candidate, c + k - candidate);
            plain.Observe(at, share, candidate, c + k - candidate);
            if (c + k > 0 && shipped.LogEvidence >= enough)
            {
                return Math.Exp(-plain.LogEvidence);
            }
        }

        return 0;
    }

    private static double OneBook(GateSetup setup, double errors, Draws draws)
    {
        GateBook book = GateBook.Start(setup);
        CountEProcess[] plain = [.. Enumerable.Range(0, 7).Select(_ => CountEProcess.Harm(0, setup.Restarts))];
        var bet = Bet.Draw(setup.Restarts, draws);

        // Half of the weight is on errors (index 6), half on the mean over the six thresholds.
        int test = draws.Uniform() < 0.5 ? 6 : (int)(6 * draws.Uniform());
        for (int t = 1; t <= 600; t++)
        {
            DateTimeOffset at = CountRuns.Start.AddSeconds(5 * t);
            double share = CountScenario.Ramp[(t - 1) / 12];
            double tilt = bet.Arm(at, share);
            var metrics = new MetricTick[7];
            long above = 0;
            long mine = 0;
            for (int j = 5; j >= 0; j--)
            {
                // What lies above the tilted threshold is tilted, all bins of it.
                long bin = draws.Poisson(500 * (Stable[j] - (j < 5 ? Stable[j + 1] : 0)));
                above += bin;
                mine += draws.Binomial(bin, test < 6 && j >= test ? tilt : share);
                metrics[j] = new MetricTick("latency", j, mine, above - mine, 500, 500);
            }

            long all = draws.Poisson(500 * errors);
            long failed = draws.Binomial(all, test == 6 ? tilt : share);
            metrics[6] = new MetricTick("errors", 0, failed, all - failed, 500, 500);
            book.Observe(new Tick(at, Share.FromPercent(share * 100), 0, 0, metrics));
            for (int j = 0; j < 7; j++)
            {
                plain[j].Observe(at, share, metrics[j].CandidateBad, metrics[j].StableBad);
            }

            if (book.Harm >= -Math.Log(setup.Plan.Alpha.Value))
            {
                double latency = plain[..6].Average(p => Math.Exp(p.LogEvidence));
                return 1 / ((0.5 * Math.Exp(plain[6].LogEvidence)) + (0.5 * latency));
            }
        }

        return 0;
    }

    /// <summary>One draw from what the mixture bets on: a ratio, and when it begins.</summary>
    private readonly record struct Bet(double Ratio, DateTimeOffset From)
    {
        public static Bet Draw(RestartPlan restarts, Draws draws)
        {
            int k = 0;
            double u = draws.Uniform();
            while (k < CountEProcess.Weights.Count - 1 && u >= CountEProcess.Weights[k])
            {
                u -= CountEProcess.Weights[k++];
            }

            bool begins = restarts.Count == 0 || draws.Uniform() < RestartPlan.First;
            int start = begins ? 0 : 1 + (int)(draws.Uniform() * restarts.Count);
            return new Bet(CountEProcess.Ratios[k], restarts.Start + (start * restarts.Every));
        }

        // A start at exactly the end of a tick is in force for it, as in the shipped mixture.
        public double Arm(DateTimeOffset at, double share) =>
            at < From ? share : share * Ratio / (1 - share + (share * Ratio));
    }
}
