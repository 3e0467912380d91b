using Handover.Core.Evidence;

namespace Handover.Bench.Gates;

/// <summary>How often a healthy release is called harmful over a whole ramp, looking after every tick.</summary>
internal static class FalseAlarms
{
    private static readonly RestartPlan Restarts = RestartPlan.Over(CountRuns.Start, TimeSpan.FromMinutes(50));

    private static readonly List<(Wilson Counted, Tilted Tilted)> Cells = [];

    public static void Run(BenchTable table, int runs)
    {
        Cells.Clear();
        table.Section($"False rollback over the whole ramp 1/5/10/25/50 %, margin 0: {runs:N0} rollouts | by tilting");
        foreach (int tick in (int[])[5, 1])
        {
            foreach (double rps in (double[])[100, 10])
            {
                foreach (double rate in (double[])[0.005, 0.01, 0.02])
                {
                    Cell(table, new CountScenario(rps, tick, CountScenario.Ramp, rate, rate), runs);
                }
            }

            Cell(table, new CountScenario(100, tick, CountScenario.Ramp, 0.005, 0.005) { SharedBursts = true }, runs);
        }

        Agreement(table);

        table.Section("Units: errors in clusters and entities that always fail");
        Clusters(table, runs * 3);
        Chronic(table, runs / 2);
    }

    private static void Cell(BenchTable table, CountScenario s, int runs)
    {
        string bursts = s.SharedBursts ? ", bursts" : "";
        string what = $"every {s.TickSeconds} s, {s.Rps} rps, base {s.Stable * 100}%{bursts}";
        foreach (double alpha in (double[])[0.05, 0.01])
        {
            double enough = -Math.Log(alpha);
            CountRun[] all = CountRuns.Run(
                s,
                () => CountEProcess.Harm(0, Restarts, enough),
                enough,
                runs,
                1_010 + Cells.Count
            );
            var hits = new Wilson(all.Count(r => r.Tick >= 0), runs);
            Tilted tilted = TiltedRamp.Chance(s, Restarts, alpha, 2 * runs);

            Cells.Add((hits, tilted));

            // The plain count must not contradict the bound; the estimate by tilting is exact enough to keep it.
            table.Judge(
                $"false rollback, {what}",
                $"{hits} | {tilted}",
                $"<= {alpha * 100}%",
                hits.AtMost(alpha) && tilted.High <= alpha
            );
        }
    }

    /// <summary>Two estimates of the same chances, one simple and wide, one clever and narrow, must agree.</summary>
    private static void Agreement(BenchTable table)
    {
        double counted = Cells.Average(c => c.Counted.Rate);
        double tilted = Cells.Average(c => c.Tilted.Rate);
        double variance = Cells.Sum(c =>
            (c.Tilted.Rate * (1 - c.Tilted.Rate) / c.Counted.Runs) + (c.Tilted.Error * c.Tilted.Error)
        );
        double gap = Math.Abs(counted - tilted) / (Math.Sqrt(variance) / Cells.Count);
        table.Judge(
            "counting and tilting agree over all cells",
            FormattableString.Invariant($"{counted * 100:0.000}% | {tilted * 100:0.000}%, {gap:0.0} standard errors"),
            "<= 3",
            gap <= 3
        );
    }

    /// <summary>Users who fail several times in a row on the release that they are on.</summary>
    private static void Clusters(BenchTable table, int runs)
    {
        foreach (int burst in (int[])[3, 10])
        {
            bool[][] both = CountRuns.Each(runs, 102, draws => ClusteredRollout(draws, burst));
            var byUnit = new Wilson(both.Count(b => b[0]), runs);
            var byRequest = new Wilson(both.Count(b => b[1]), runs);
            string figure = $"clustered errors, mean burst {burst}, counted by unit";
            table.Judge(figure, byUnit.ToString(), "<= 5%, all of the interval", byUnit.High <= 0.05);
            table.Tell($"clustered errors, mean burst {burst}, counted by request", byRequest.ToString());
        }
    }

    private static bool[] ClusteredRollout(Draws draws, int burst)
    {
        var filter = new UnitFilter();
        CountEProcess units = CountEProcess.Harm(0, Restarts, Math.Log(20));
        CountEProcess requests = CountEProcess.Harm(0, Restarts);
        bool[] alarms = new bool[2];
        int user = 0;
        for (int t = 1; t <= 720; t++)
        {
            long[] first = new long[2];
            long[] raw = new long[2];
            for (int arm = 0; arm < 2; arm++)
            {
                long users = draws.Poisson(500 * 0.005 / burst * (arm == 0 ? 0.1 : 0.9));
                for (long u = 0; u < users; u++, user++)
                {
                    // A geometric number of failures with the given mean, all on one release.
                    do
                    {
                        first[arm] += filter.FirstBad("errors", 0, $"u-{user}") ? 1 : 0;
                        raw[arm]++;
                    } while (draws.Uniform() > 1.0 / burst);
                }
            }

            DateTimeOffset at = CountRuns.Start.AddSeconds(5 * t);
            units.Observe(at, 0.1, first[0], first[1]);
            requests.Observe(at, 0.1, raw[0], raw[1]);
            alarms[0] |= units.LogEvidence >= Math.Log(20);
            alarms[1] |= requests.LogEvidence >= Math.Log(20);
        }

        return alarms;
    }

    /// <summary>Some entities fail always, on whichever release the ramp puts them.</summary>
    private static void Chronic(BenchTable table, int runs)
    {
        bool[] alarms = CountRuns.Each(
            runs,
            103,
            draws =>
            {
                double[] bucket = [.. Enumerable.Range(0, 200).Select(_ => draws.Uniform())];
                var filter = new UnitFilter();
                CountEProcess process = CountEProcess.Harm(0, Restarts, Math.Log(20));
                for (int t = 0; t < 600; t++)
                {
                    double share = CountScenario.Ramp[t / 12];
                    long[] first = new long[2];
                    for (int e = 0; e < bucket.Length; e++)
                    {
                        // Each of them calls about every 100 s.
                        bool calls = draws.Uniform() < 0.05;
                        first[bucket[e] < share ? 0 : 1] += calls && filter.FirstBad("errors", 0, $"e-{e}") ? 1 : 0;
                    }

                    process.Observe(CountRuns.Start.AddSeconds(5 * (t + 1)), share, first[0], first[1]);
                    if (process.LogEvidence >= Math.Log(20))
                    {
                        return true;
                    }
                }

                return false;
            }
        );
        var hits = new Wilson(alarms.Count(a => a), runs);
        table.Judge(
            "200 entities that always fail, sticky, ramp",
            hits.ToString(),
            "<= 5%, all of the interval",
            hits.High <= 0.05
        );
    }
}
