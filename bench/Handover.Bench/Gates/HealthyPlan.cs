using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Bench.Gates;

/// <summary>
/// The default plan with a release as good as stable: no request fails, and latencies come from one distribution. It
/// must finish, and when it was said.
/// </summary>
internal static class HealthyPlan
{
    private static readonly double[] Shares = [0.01, 0.05, 0.10, 0.25, 0.50, 1.00];

    // Lognormal with a 99th percentile of 4.5 medians. The candidate is slow beyond 1.2 times the same quantile.
    private static readonly double Sigma = Math.Log(4.5) / Gaussian.Quantile(0.01);
    private static readonly double[] Stable = [.. Quantiles.Levels.Select(q => 1 - q)];
    private static readonly double[] Candidate =
    [
        .. Stable.Select(p => Gaussian.Above(Gaussian.Quantile(p) + (Math.Log(1.2) / Sigma))),
    ];

    public static void Run(BenchTable table, int runs)
    {
        foreach (double rps in (double[])[10, 100])
        {
            ForecastStep[] steps =
            [
                .. Shares.Select(s => new ForecastStep(s, TimeSpan.FromMinutes(5), s < 1 ? 1_000 : 0)),
            ];
            double forecast = Forecast.NoHarm(steps, rps)!.Value.TotalSeconds;
            double[] seconds = CountRuns.Each(runs, 405, d => Finish(steps, rps, d));
            int finished = seconds.Count(s => s <= 1.2 * forecast);
            table.Judge(
                $"error-free at {rps} rps: done within 1.2 x the forecast of {forecast / 60:0} min",
                FormattableString.Invariant($"{finished} of {runs}, slowest {seconds.Max() / forecast:0.00} x"),
                "100%",
                finished == runs
            );
        }
    }

    /// <summary>Seconds until the last step is left forwards; infinite when the gates rolled back.</summary>
    private static double Finish(ForecastStep[] steps, double rps, Draws draws)
    {
        var setup = new GateSetup(
            new GatePlan(),
            new Objectives(),
            RestartPlan.Over(CountRuns.Start, TimeSpan.FromMinutes(30))
        );
        GateBook book = GateBook.Start(setup);
        double seconds = 0;
        foreach (ForecastStep step in steps)
        {
            double entered = seconds;
            long requests = 0;
            Outcome outcome = Outcome.Hold;
            while (outcome == Outcome.Hold && seconds < 1e6)
            {
                seconds += 5;
                Tick tick = Draw(seconds, step.Share, rps, draws);
                requests += tick.CandidateRequests;
                book.Observe(tick);
                outcome = book.Judge(Input(seconds, entered, step, requests)).Outcome;
            }

            if (outcome != Outcome.Promote)
            {
                return double.PositiveInfinity;
            }
        }

        return seconds;
    }

    private static JudgeInput Input(double seconds, double entered, ForecastStep step, long requests) =>
        new(
            step.Share < 1 ? JudgedPhase.Shift : JudgedPhase.Bake,
            CountRuns.Start.AddSeconds(seconds),
            Share.FromPercent(100 * step.Share),
            "v1",
            "v2"
        )
        {
            PhaseElapsed = TimeSpan.FromSeconds(seconds - entered),
            PhaseLeastTime = step.For,
            PhaseRequests = requests,
            PhaseLeastRequests = step.Requests,
        };

    private static Tick Draw(double seconds, double share, double rps, Draws draws)
    {
        long c = draws.Poisson(5 * rps * share);
        long s = share < 1 ? draws.Poisson(5 * rps * (1 - share)) : 0;
        var metrics = new MetricTick[Stable.Length + 1];
        metrics[^1] = new MetricTick("errors", 0, 0, 0, c, s);

        // Who is above a threshold is drawn among those who are above the one before it.
        (long mine, long theirs) = (c, s);
        for (int j = 0; j < Stable.Length; j++)
        {
            mine = draws.Binomial(mine, Candidate[j] / (j == 0 ? 1 : Candidate[j - 1]));
            theirs = draws.Binomial(theirs, Stable[j] / (j == 0 ? 1 : Stable[j - 1]));
            metrics[j] = new MetricTick("latency", j, mine, theirs, c, s);
        }

        return new Tick(CountRuns.Start.AddSeconds(seconds), Share.FromPercent(share * 100), c, s, metrics);
    }
}
