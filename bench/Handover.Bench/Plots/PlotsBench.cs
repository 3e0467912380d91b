using Handover.Bench.Gates;
using Handover.Bench.Peers;
using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Bench.Plots;

/// <summary>
/// The pictures of docs/statistics.md, drawn from simulations with fixed seeds: running it again changes no byte.
/// </summary>
internal static class PlotsBench
{
    private const int Minutes = 60;
    private const string Ours = "#0b6e4f";
    private const string Red = "#c1121f";
    private const string Orange = "#e07a00";
    private const string Blue = "#1d5fa8";
    private const string Grey = "#888888";

    public static int Run()
    {
        string folder = Path.Combine(BenchTable.Root(), "docs", "plots");
        Directory.CreateDirectory(folder);
        Write("requests-to-rollback.svg", RequestsToRollback());
        Write("false-alarms.svg", FalseAlarms());
        Write("evidence-paths.svg", Paths());
        return 0;

        void Write(string name, SvgPlot plot)
        {
            File.WriteAllText(Path.Combine(folder, name), plot.ToString());
            Console.WriteLine($"docs/plots/{name}");
        }
    }

    private static SvgPlot RequestsToRollback()
    {
        double[] ratios = [1.5, 2, 3, 5, 10];
        var plot = new SvgPlot(
            "Candidate requests served before rollback (base 0.5 %, share 10 %, 100 requests/s)",
            new PlotAxis("how many times as many errors as stable", ratios, Logarithmic: true),
            new PlotAxis("mean requests on the candidate (at most one hour)", [50, 200, 1_000, 5_000, 36_000], true)
        );
        plot.Line("Flagger, 99 %, 5 checks", Orange, Mean(() => Absolute(new FlaggerRule(0.01, 5).Observe)));
        plot.Line("Argo, 99 %, limit 3", Red, Mean(() => Absolute(new ArgoRule(0.01, 3).Observe)));
        plot.Line("Kayenta-style", Blue, ratios.Select(r => (r, Peer(Kayenta, 60, r, 150).Average(m => m * 600))));
        plot.Line("Handover, default plan", Ours, ratios.Select(r => (r, OurMinutes(r, 400).Average(m => m * 600))));
        plot.Line("least that any test needs", Grey, ratios.Select(r => (r, Limit(r))), dashed: true);
        return plot;

        IEnumerable<(double, double)> Mean(Func<Func<long, long, long, long, bool>> rule) =>
            ratios.Select(r => (r, Peer(rule, 60, r, 600).Average(m => m * 600)));

        static double Limit(double ratio) => Math.Log(20) / GateInformation.TwoArmLimit(0.005, 0.005 * ratio, 0.1);
    }

    private static SvgPlot FalseAlarms()
    {
        var plot = new SvgPlot(
            "Healthy releases rolled back (errors 0.5 % on both, share 10 %, 100 requests/s)",
            new PlotAxis("minutes watched", [0, 10, 20, 30, 40, 50, 60]),
            new PlotAxis("per cent rolled back so far", [0, 5, 10, 20, 30, 40, 50])
        );
        plot.Line("Argo, 99 %, limit 3", Red, Share(Peer(() => Absolute(new ArgoRule(0.01, 3).Observe), 60, 1, 1_000)));
        plot.Line("z test, each minute", Grey, Share(Peer(() => new ZTest().Observe, 60, 1, 1_000)));
        plot.Line(
            "Flagger, 99 %, 5 checks",
            Orange,
            Share(Peer(() => Absolute(new FlaggerRule(0.01, 5).Observe), 60, 1, 1_000))
        );
        plot.Line("Kayenta-style", Blue, Share(Peer(Kayenta, 60, 1, 150)));
        plot.Line("Handover, each second", Ours, Share(NoMargin(1_000)));
        plot.Line("alpha", Ours, [(0, 5), (60, 5)], dashed: true);
        return plot;

        static IEnumerable<(double, double)> Share(double[] minutes) =>
            Enumerable
                .Range(0, Minutes + 1)
                .Select(m => ((double)m, 100.0 * minutes.Count(at => at <= m && at < Minutes) / minutes.Length));
    }

    private static SvgPlot Paths()
    {
        var plot = new SvgPlot(
            "Evidence of harm over time, default plan, 1 % errors on stable, share 10 %",
            new PlotAxis("minutes", [0, 2, 4, 6, 8, 10]),
            new PlotAxis("odds of harm, to one", [0.1, 1, 5, 20, 100], Logarithmic: true)
        );
        foreach (
            (double ratio, string colour, string name) in new[] { (1, Blue, "as good"), (2.5, Red, "2.5 x errors") }
        )
        {
            for (int run = 0; run < 10; run++)
            {
                IEnumerable<(double, double)> path = Path10(ratio, new Draws(803, run));
                plot.Line(run == 0 ? name : null, colour, path);
            }
        }

        plot.Line("rollback", Ours, [(0, 20), (10, 20)], dashed: true);
        return plot;
    }

    private static IEnumerable<(double, double)> Path10(double ratio, Draws draws)
    {
        GateBook book = Book(0.2);
        var path = new List<(double, double)> { (0, 1) };
        for (int second = 1; second <= 600 && book.Harm < Math.Log(20); second++)
        {
            book.Observe(Draw(second, 0.01, ratio, draws));
            if (second % 5 == 0 || book.Harm >= Math.Log(20))
            {
                path.Add((second / 60.0, Math.Exp(book.Harm)));
            }
        }

        return path;
    }

    /// <summary>Minutes until a rollback; all sixty when there is none.</summary>
    private static double[] OurMinutes(double ratio, int runs) =>
        CountRuns.Each(runs, 801, draws => Until(Book(0.2), 0.005, ratio, draws));

    private static double[] NoMargin(int runs) => CountRuns.Each(runs, 802, draws => Until(Book(0), 0.005, 1, draws));

    private static double Until(GateBook book, double stable, double ratio, Draws draws)
    {
        for (int second = 1; second <= 60 * Minutes; second++)
        {
            Tick tick = Draw(second, stable, ratio, draws);
            book.Observe(tick);
            if (tick.Metrics[0].CandidateBad > 0 && book.Harm >= Math.Log(20))
            {
                return second / 60.0;
            }
        }

        return Minutes;
    }

    private static GateBook Book(double margin) =>
        GateBook.Start(
            new GateSetup(
                new GatePlan
                {
                    Metrics =
                    [
                        new MetricGate("errors", new Ratio(margin)) { Critical = true },
                        new MetricGate("latency", new Ratio(margin)),
                    ],
                },
                new Objectives(),
                RestartPlan.Over(CountRuns.Start, TimeSpan.FromMinutes(Minutes))
            )
        );

    private static Tick Draw(int second, double stable, double ratio, Draws draws)
    {
        var errors = new MetricTick(
            "errors",
            0,
            draws.Poisson(10 * stable * ratio),
            draws.Poisson(90 * stable),
            10,
            90
        );
        return new Tick(CountRuns.Start.AddSeconds(second), Share.FromPercent(10), 10, 90, [errors]);
    }

    private static Func<long, long, long, long, bool> Absolute(Func<long, long, bool> rule) =>
        (bad, requests, _, _) => rule(bad, requests);

    private static Func<long, long, long, long, bool> Kayenta()
    {
        var experiment = new List<double>();
        var control = new List<double>();
        return (bad, requests, stableBad, stableRequests) =>
        {
            experiment.Add((double)bad / requests);
            control.Add((double)stableBad / stableRequests);
            bool asked = experiment.Count >= 10 && experiment.Count % 2 == 0;
            return asked && KayentaRule.High([.. experiment], [.. control]);
        };
    }

    /// <summary>Minutes until a rule that looks every minute ends the rollout.</summary>
    private static double[] Peer(Func<Func<long, long, long, long, bool>> make, int minutes, double ratio, int runs) =>
        CountRuns.Each(
            runs,
            804,
            draws =>
            {
                Func<long, long, long, long, bool> rule = make();
                for (int minute = 1; minute <= minutes; minute++)
                {
                    long bad = draws.Poisson(600 * 0.005 * ratio);
                    if (rule(bad, 600, draws.Poisson(5_400 * 0.005), 5_400))
                    {
                        return (double)minute;
                    }
                }

                return minutes;
            }
        );

    /// <summary>The usual two-sample test at 5 %, one-sided, asked anew each minute.</summary>
    private sealed class ZTest
    {
        private readonly double[] _sum = new double[4];

        public bool Observe(long bad, long requests, long stableBad, long stableRequests)
        {
            (_sum[0], _sum[1]) = (_sum[0] + bad, _sum[1] + requests);
            (_sum[2], _sum[3]) = (_sum[2] + stableBad, _sum[3] + stableRequests);
            double pooled = (_sum[0] + _sum[2]) / (_sum[1] + _sum[3]);
            double error = Math.Sqrt(pooled * (1 - pooled) * ((1 / _sum[1]) + (1 / _sum[3])));
            return ((_sum[0] / _sum[1]) - (_sum[2] / _sum[3])) / error > 1.6448536;
        }
    }
}
