using Handover.Bench.Peers;
using Handover.Core.Evidence;

namespace Handover.Bench.Gates;

/// <summary>The same rollouts judged by the rules of other tools, looking once a minute as they do.</summary>
internal static class PeerRows
{
    public static void Run(BenchTable table, int runs)
    {
        table.Section($"Other tools on the same rollouts, share 10 %, 100 rps, 60 minutes, {runs:N0} rollouts");
        Golden(table);
        foreach (double rate in (double[])[0.005, 0.01, 0.02])
        {
            var healthy = new CountScenario(100, 60, CountScenario.Fixed, rate, rate);
            Tell("Flagger, 99 %, threshold 5", () => Flagger(new FlaggerRule(0.01, 5)));
            Tell("Argo, 99 %, failure limit 0", () => Argo(new ArgoRule(0.01, 0)));
            Tell("Argo, 99 %, failure limit 3", () => Argo(new ArgoRule(0.01, 3)));

            void Tell(string who, Func<Func<long, long, bool>> make)
            {
                int hits = CountRuns.Each(runs, 301, d => Peer(healthy, make(), d).Fired ? 1 : 0).Sum();
                table.Tell($"{who}: healthy at {rate * 100}% rolled back", new Wilson(hits, runs).ToString());
            }
        }

        Kayenta(table, Math.Max(200, runs / 4), runs * 4);
    }

    private static Func<long, long, bool> Flagger(FlaggerRule rule) => rule.Observe;

    private static Func<long, long, bool> Argo(ArgoRule rule) => rule.Observe;

    private static void Golden(BenchTable table)
    {
        double[] ones = [.. Enumerable.Repeat(1.0, 10)];
        bool ok =
            !KayentaRule.High([100, 100, 100, 100, 100, 100, 100, 1, 1, 1], ones)
            && KayentaRule.High([100, 100, 100, 100, 100, 100, 100, 100, 1, 1], ones)
            && !KayentaRule.High([0, 1, 2, 1, 0, 0], new double[6])
            && KayentaRule.High([10.2, 10.3], [10.0, 10.1]);
        table.Judge("Kayenta rule, four golden verdicts of peers.md", ok ? "4 of 4" : "differ", "all", ok);
    }

    private static void Kayenta(BenchTable table, int judged, int ours)
    {
        foreach (
            (double stable, double candidate, double at1, double at5) in new[]
            {
                (0.005, 0.015, 5.0, 7.0),
                (0.02, 0.03, 2.1, 2.9),
            }
        )
        {
            var minutes = new CountScenario(100, 60, CountScenario.Fixed, stable, candidate);
            double theirs = CountRuns.Each(judged, 302, d => KayentaRun(minutes, d)).Average();
            var ticks = new CountScenario(100, 5, CountScenario.Fixed, stable, candidate);
            foreach ((double alpha, double target) in new[] { (0.01, at1), (0.05, at5) })
            {
                double bad = CountRuns
                    .Run(ticks, () => CountEProcess.Harm(0, null, -Math.Log(alpha)), -Math.Log(alpha), ours, 303)
                    .Average(r => r.Bad);
                table.Judge(
                    $"{stable * 100}% -> {candidate * 100}%, alpha {alpha * 100}%: Kayenta's bad answers / ours",
                    FormattableString.Invariant($"{theirs / bad:0.00} ({theirs:0.0} / {bad:0.0})"),
                    $">= {target}",
                    theirs / bad >= target
                );
            }
        }
    }

    private static (bool Fired, long Bad) Peer(CountScenario s, Func<long, long, bool> observe, Draws draws)
    {
        double burst = 1;
        long bad = 0;
        for (int t = 0; t < s.Ticks; t++)
        {
            var (share, c, _) = CountRuns.Draw(s, t, ref burst, draws);
            bad += c;
            long good = draws.Poisson(s.Rps * s.TickSeconds * share * (1 - s.Candidate));
            if (observe(c, c + good))
            {
                return (true, bad);
            }
        }

        return (false, bad);
    }

    /// <summary>Judged every two minutes on the rates per minute, from ten points on.</summary>
    private static double KayentaRun(CountScenario s, Draws draws)
    {
        var experiment = new List<double>();
        var control = new List<double>();
        double burst = 1;
        long bad = 0;
        for (int t = 0; t < s.Ticks; t++)
        {
            var (share, c, k) = CountRuns.Draw(s, t, ref burst, draws);
            bad += c;
            experiment.Add(c / (6_000 * share));
            control.Add(k / (6_000 * (1 - share)));
            if (t >= 9 && t % 2 == 1 && KayentaRule.High([.. experiment], [.. control]))
            {
                break;
            }
        }

        return bad;
    }
}
