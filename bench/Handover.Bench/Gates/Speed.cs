using Handover.Core.Evidence;
using Handover.Core.Gates;

namespace Handover.Bench.Gates;

/// <summary>
/// How many requests a sick candidate answers before it is taken back, against the least that any test needs.
/// </summary>
internal static class Speed
{
    public static void Run(BenchTable table, int runs)
    {
        table.Section($"Mean candidate requests to rollback, share 10 %, 100 rps, alpha 5 %, {runs:N0} rollouts");
        foreach (int tick in (int[])[5, 1])
        {
            foreach ((double stable, double candidate) in new[] { (0.005, 0.015), (0.02, 0.03) })
            {
                var s = new CountScenario(100, tick, CountScenario.Fixed, stable, candidate);
                double enough = Math.Log(20);
                CountRun[] all = CountRuns.Run(s, () => CountEProcess.Harm(0, null, enough), enough, runs, 201);
                double limit = Math.Log(20) / GateInformation.TwoArmLimit(stable, candidate, 0.1);
                double ratio = all.Average(r => r.Requests) / limit;
                double target = tick == 5 ? 1.45 : 1.30;
                table.Judge(
                    $"{stable * 100}% -> {candidate * 100}%, margin 0, every {tick} s: mean / KL limit {limit:0}",
                    FormattableString.Invariant($"{ratio:0.00} (p90 {P90(all) / limit:0.00})"),
                    FormattableString.Invariant($"<= {target:0.00}"),
                    ratio <= target
                );
            }
        }

        Late(table, runs / 4);
    }

    /// <summary>A threefold fault that starts in minute 25 of the ramp.</summary>
    private static void Late(BenchTable table, int runs)
    {
        var s = new CountScenario(100, 5, CountScenario.Ramp, 0.005, 0.015) { OnsetMinute = 25 };
        RestartPlan restarts = RestartPlan.Over(CountRuns.Start, TimeSpan.FromMinutes(50));
        foreach ((string name, RestartPlan? plan) in new[] { ("with restarts", restarts), ("without", null) })
        {
            CountRun[] all = CountRuns.Run(s, () => CountEProcess.Harm(0, plan, Math.Log(20)), Math.Log(20), runs, 202);
            double[] late =
            [
                .. all.Where(r => r.Tick >= 300 || r.Tick < 0)
                    .Select(r => ((r.Tick < 0 ? 600 : r.Tick + 1) - 300) / 12.0),
            ];
            string measured = FormattableString.Invariant($"{late.Average():0.00} min");
            if (plan is null)
            {
                table.Tell($"threefold fault in minute 25, {name}: mean delay", measured);
            }
            else
            {
                bool ok = late.Average() <= 2.5;
                table.Judge($"threefold fault in minute 25, {name}: mean delay", measured, "<= 2.5 min", ok);
            }
        }
    }

    private static double P90(CountRun[] all) => all.Select(r => r.Requests).Order().ElementAt(all.Length * 9 / 10);
}
