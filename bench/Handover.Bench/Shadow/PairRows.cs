using Handover.Bench.Gates;
using Handover.Core.Evidence;

namespace Handover.Bench.Shadow;

/// <summary>Both releases answer the same request: how many it takes, and how often a healthy one is blamed.</summary>
internal static class PairRows
{
    private const double Rps = 100;

    public static void Run(BenchTable table, int runs)
    {
        table.Section($"Paired test, all requests mirrored at 100 rps, looks every second, alpha 5 %, {runs:N0} runs");
        Case("2% -> 3%, nested", 0.012, 0.002, 1_600);
        Case("2% -> 3%, noisy", 0.022, 0.012, 3_700);
        Null("0.7% and 0.7% discordant, one hour", 0.007, 0.007);
        Null("0.05% and 0.05% discordant, one hour", 0.0005, 0.0005);
        Noise(table, runs / 4);

        void Case(string what, double candidateOnly, double stableOnly, double most)
        {
            double mean = Measure(candidateOnly, stableOnly, runs, 701, 36_000).Average(r => r.Requests);
            string measured = FormattableString.Invariant($"{mean:0}");
            table.Judge($"{what}: mean mirrored requests", measured, $"<= {most:N0}", mean <= most);
        }

        void Null(string what, double candidateOnly, double stableOnly)
        {
            int fired = Measure(candidateOnly, stableOnly, runs, 702, 3_600).Count(r => r.Fired);
            var rate = new Wilson(fired, runs);
            table.Judge($"{what}: false alarms", rate.ToString(), "<= 5%, all of the interval", rate.High <= 0.05);
        }
    }

    /// <summary>Triples at one path of a stable that is not deterministic (statistics.md 4.1).</summary>
    private static void Noise(BenchTable table, int runs)
    {
        table.Section($"Noise of stable told from a difference, 180,000 triples, {runs:N0} runs");
        foreach ((double noise, double more) in new[] { (0.05, 0.0), (0.30, 0.0), (0.05, 0.01) })
        {
            double differs = noise + more - (noise * more);
            (double Requests, bool Fired)[] all = Measure(
                differs * (1 - noise),
                noise * (1 - differs),
                runs,
                703,
                1_800
            );
            var rate = new Wilson(all.LongCount(r => r.Fired), runs);
            if (more == 0)
            {
                string figure = $"noise {noise * 100}%, no difference: called one";
                table.Judge(figure, rate.ToString(), "<= 5%, all of the interval", rate.High <= 0.05);
            }
            else
            {
                double mean = all.Average(r => r.Requests);
                table.Judge(
                    $"noise {noise * 100}%, one point more: mean triples",
                    FormattableString.Invariant($"{mean:0} ({rate.Rate * 100:0.#}% found)"),
                    "<= 11,300 (reference 11,236)",
                    mean <= 11_300
                );
            }
        }
    }

    private static (double Requests, bool Fired)[] Measure(double c, double s, int runs, int seed, int seconds) =>
        CountRuns.Each(
            runs,
            seed,
            draws =>
            {
                PairedEProcess process = PairedEProcess.Harm(0, null);
                for (int t = 1; t <= seconds; t++)
                {
                    long mine = draws.Poisson(Rps * c);
                    long theirs = draws.Poisson(Rps * s);
                    process.Observe(CountRuns.Start.AddSeconds(t), mine, theirs, 0, 0);
                    if (mine > 0 && process.LogEvidence >= Math.Log(20))
                    {
                        return (t * Rps, true);
                    }
                }

                return (seconds * Rps, false);
            }
        );
}
