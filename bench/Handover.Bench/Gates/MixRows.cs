using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Bench.Gates;

/// <summary>The prediction mix: five classes at 10 %, as in statistics.md 1.6.</summary>
internal static class MixRows
{
    private const int Ticks = 360;
    private static readonly double[] Stable = [0.5, 0.3, 0.15, 0.03, 0.02];

    public static void Run(BenchTable table, int runs)
    {
        table.Section($"Prediction mix, five classes, share 10 %, looks every 5 s, {runs:N0} rollouts");
        (double Requests, bool Fired)[] same = Measure(Stable, runs, 601);
        var rate = new Wilson(same.LongCount(r => r.Fired), runs);
        table.Judge("equal mixes called different", rate.ToString(), "<= 5%, all of the interval", rate.High <= 0.05);
        Shift("one class 2% -> 3%", [0.495, 0.297, 0.148, 0.03, 0.03], 3_510);
        Shift("four points from one class to two", [0.46, 0.33, 0.16, 0.03, 0.02], 3_498);

        void Shift(string what, double[] mix, double reference)
        {
            double mean = Measure(mix, runs, 602).Average(r => r.Requests);
            table.Judge(
                $"{what}: mean candidate requests, both directions watched",
                FormattableString.Invariant($"{mean:0}"),
                FormattableString.Invariant($"<= 1.15 x the one-sided reference {reference}"),
                mean <= 1.15 * reference
            );
        }
    }

    private static (double Requests, bool Fired)[] Measure(double[] candidate, int runs, int seed)
    {
        GatePlan plan = new() { Metrics = [new MetricGate("predictions", Ratio.Zero)] };
        var setup = new GateSetup(plan, new Objectives(), new RestartPlan(CountRuns.Start, TimeSpan.FromMinutes(1), 0));
        return CountRuns.Each(runs, seed, One);

        (double, bool) One(Draws draws)
        {
            GateBook book = GateBook.Start(setup);
            for (int t = 1; t <= Ticks; t++)
            {
                var bins = new MetricTick[Stable.Length];
                for (int y = 0; y < bins.Length; y++)
                {
                    long c = draws.Poisson(50 * candidate[y]);
                    long s = draws.Poisson(450 * Stable[y]);
                    bins[y] = new MetricTick("predictions", y, c, s, 50, 450) { CandidateFirst = c, StableFirst = s };
                }

                book.Observe(new Tick(CountRuns.Start.AddSeconds(5 * t), Share.FromPercent(10), 50, 450, bins));
                if (book.Harm >= Math.Log(20))
                {
                    return (t * 50.0, true);
                }
            }

            return (Ticks * 50.0, false);
        }
    }
}
