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
        double[] eight = [1, 1, 100, 100, 100, 100, 100, 100, 100, 100];
        (double low, double shift) = KayentaRule.Interval([1, 1, 1, 100, 100, 100, 100, 100, 100, 100], ones);
        double worst = Math.Max(Math.Abs(KayentaRule.Interval(eight, ones).Low - 98.99993), Math.Abs(shift - 98.99993));
        worst = Math.Max(worst, Math.Abs(low - 6.825e-5));
        string measured = FormattableString.Invariant($"differ by {worst:0.0e+0}");
        table.Judge("Kayenta rule, three interval ends of peers.md", measured, "<= 2e-4", worst <= 2e-4);

        // Failed checks add up in both, success does not take them back; Argo tolerates its limit, Flagger ends at it.
        bool flagger = Ends(new FlaggerRule(0.01, 3).Observe, 0, 2, 0, 2, 0, 2) == 5;
        bool strict = Ends(new ArgoRule(0.01, 0).Observe, 0, 0, 2) == 2 && Ends(new ArgoRule(0.01, 0).Observe, 1) < 0;
        bool lenient = Ends(new ArgoRule(0.01, 3).Observe, 2, 0, 2, 2, 0, 2) == 5;
        table.Judge(
            "Flagger and Argo rules, four verdicts of peers.md 3",
            flagger && strict && lenient ? "4 of 4" : "differ",
            "all",
            flagger && strict && lenient
        );
    }

    /// <summary>The check of 100 requests at which a rule ends the rollout; -1 for never.</summary>
    private static int Ends(Func<long, long, bool> observe, params int[] bad) =>
        Array.FindIndex(bad, b => observe(b, 100));

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
