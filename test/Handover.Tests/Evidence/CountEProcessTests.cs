using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Properties (i) to (vi) of statistics.md section 6, for the test that most verdicts rest on.</summary>
public sealed class CountEProcessTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly RestartPlan Hour = RestartPlan.Over(Start, TimeSpan.FromMinutes(60));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    [InlineData(1.0)]
    public void It_agrees_with_its_obvious_twin(double margin)
    {
        var streams = new Streams(11);
        for (int run = 0; run < 200; run++)
        {
            var ticks = new List<(double Rho, long C, long S)>();
            CountEProcess harm = CountEProcess.Harm(margin, null);
            CountEProcess safe = CountEProcess.Safe(margin);
            for (int t = 0; t < 30; t++)
            {
                double rho = Math.Round(streams.Uniform(), 3);
                (long c, long s) = (streams.Poisson(0.4), streams.Poisson(1));
                ticks.Add((rho, c, s));
                harm.Observe(Start.AddSeconds(5 * t), rho, c, s);
                safe.Observe(Start.AddSeconds(5 * t), rho, c, s);
            }

            double edge = Math.Log(1 + margin);
            IEnumerable<(double, long, long)> live = ticks.Where(t => t.Rho is > 0 and < 1);
            Close(Math.Log(EProcessOracle.Counts(edge, EProcessOracle.HarmGrid(edge), live)), harm.LogEvidence);
            Close(Math.Log(EProcessOracle.Counts(edge, EProcessOracle.SafeGrid(edge), live)), safe.LogEvidence);
        }
    }

    [Fact]
    public void Restarts_agree_with_the_mean_over_start_times()
    {
        var streams = new Streams(12);
        var plan = new RestartPlan(Start, TimeSpan.FromMinutes(1), 5);
        CountEProcess process = CountEProcess.Harm(0.2, plan);
        var ticks = new List<(double Rho, long C, long S)>();
        var starts = new List<int>();
        double edge = Math.Log(1.2);
        for (int t = 0; t < 48; t++)
        {
            DateTimeOffset at = Start.AddSeconds(5 * (t + 1));
            if ((t + 1) % 12 == 0 && starts.Count < 5)
            {
                starts.Add(t);
            }

            ticks.Add((0.1, streams.Poisson(0.3), streams.Poisson(1)));
            process.Observe(at, ticks[t].Rho, ticks[t].C, ticks[t].S);
            double twin = EProcessOracle.Restarted(edge, EProcessOracle.HarmGrid(edge), ticks, starts, 5);
            Close(Math.Log(twin), process.LogEvidence);
        }
    }

    [Theory]
    [InlineData(0.0, 0.1)]
    [InlineData(0.2, 0.01)]
    [InlineData(0.5, 0.5)]
    public void At_the_edge_of_the_null_the_mean_factor_is_one_by_exact_sum(double margin, double rho)
    {
        double edge = Math.Log(1 + margin);
        double arm = EProcessOracle.Arm(rho, edge);
        foreach (int events in (int[])[1, 3, 12])
        {
            double harmMean = 0;
            double safeMean = 0;
            for (int c = 0; c <= events; c++)
            {
                double p = EProcessOracle.Binomial(events, c, arm);
                CountEProcess harm = CountEProcess.Harm(margin, null);
                CountEProcess safe = CountEProcess.Safe(margin);
                harm.Observe(Start, rho, c, events - c);
                safe.Observe(Start, rho, c, events - c);
                harmMean += p * Math.Exp(harm.LogEvidence);
                safeMean += p * Math.Exp(safe.LogEvidence);
            }

            Assert.Equal(1, harmMean, 10);
            Assert.Equal(1, safeMean, 10);
        }
    }

    [Fact]
    public void Inside_the_null_the_mean_factor_is_below_one()
    {
        double better = EProcessOracle.Arm(0.1, Math.Log(0.9));
        double mean = 0;
        for (int c = 0; c <= 8; c++)
        {
            CountEProcess harm = CountEProcess.Harm(0.2, null);
            harm.Observe(Start, 0.1, c, 8 - c);
            mean += EProcessOracle.Binomial(8, c, better) * Math.Exp(harm.LogEvidence);
        }

        Assert.InRange(mean, 0, 0.999);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void Without_another_release_there_is_no_information_at_all(double rho)
    {
        CountEProcess process = CountEProcess.Harm(0.2, null);
        process.Observe(Start, rho, 1_000, 3);
        Assert.Equal(0.0, process.LogEvidence, 14);
        process.Observe(Start, 0.1, 3, 2);
        double before = process.LogEvidence;
        process.Observe(Start, rho, 1_000, 3);
        Assert.Equal(before, process.LogEvidence);
    }

    [Fact]
    public void One_tick_of_a_minute_says_what_twelve_ticks_of_five_seconds_say()
    {
        CountEProcess whole = CountEProcess.Harm(0.2, Hour);
        CountEProcess parts = CountEProcess.Harm(0.2, Hour);
        for (int t = 0; t < 12; t++)
        {
            parts.Observe(Start.AddSeconds(4 * t), 0.1, t % 3, t % 4);
        }

        whole.Observe(Start.AddSeconds(44), 0.1, 12, 18);
        Close(whole.LogEvidence, parts.LogEvidence);
    }

    [Fact]
    public void The_order_of_ticks_does_not_matter()
    {
        (double Rho, long C, long S)[] ticks = [(0.01, 0, 3), (0.05, 1, 4), (0.1, 2, 1), (0.5, 4, 4), (0.1, 0, 7)];
        CountEProcess forward = CountEProcess.Harm(0.2, null);
        CountEProcess backward = CountEProcess.Harm(0.2, null);
        for (int i = 0; i < ticks.Length; i++)
        {
            forward.Observe(Start, ticks[i].Rho, ticks[i].C, ticks[i].S);
            var (rho, c, s) = ticks[^(i + 1)];
            backward.Observe(Start, rho, c, s);
        }

        Close(forward.LogEvidence, backward.LogEvidence);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void The_mean_e_value_of_a_healthy_release_is_at_most_one()
    {
        // Ratios are capped at 3, since the mean over finitely many runs misses what rare huge values contribute.
        double[] points = [.. new[] { 1.1, 1.5, 2, 3 }.Select(r => Math.Log(r))];
        var streams = new Streams(13);
        const int Runs = 100_000;
        double sum = 0;
        double squares = 0;
        for (int run = 0; run < Runs; run++)
        {
            var process = new CountEProcess(0, points, [0.25, 0.25, 0.25, 0.25]);
            for (int t = 0; t < 4; t++)
            {
                process.Observe(Start, 0.1, streams.Poisson(0.25), streams.Poisson(2.25));
            }

            double e = Math.Exp(process.LogEvidence);
            sum += e;
            squares += e * e;
        }

        double mean = sum / Runs;
        double error = Math.Sqrt(((squares / Runs) - (mean * mean)) / Runs);
        Assert.InRange(mean, 1 - (4 * error), 1 + (4 * error));
    }

    [Trait("Speed", "slow")]
    [Theory]
    [InlineData(0.0, 0.005, 21)]
    [InlineData(0.0, 0.02, 22)]
    [InlineData(0.2, 0.01, 23)]
    public void Healthy_releases_are_seldom_called_harmful_at_any_look(double margin, double rate, int seed)
    {
        // 10,000 ramps of 1/5/10/25/50 %, two minutes each, 100 requests per second, looks every 5 s. At margin 0.2 the
        // candidate is exactly as bad as the margin allows.
        const int Runs = 10_000;
        double[] shares = [0.01, 0.05, 0.10, 0.25, 0.50];
        var streams = new Streams(seed);
        RestartPlan plan = RestartPlan.Over(Start, TimeSpan.FromMinutes(10));
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            CountEProcess process = CountEProcess.Harm(margin, plan);
            for (int t = 0; t < 120; t++)
            {
                double rho = shares[t / 24];
                long c = streams.Poisson(500 * rho * rate * (1 + margin));
                process.Observe(Start.AddSeconds(5 * (t + 1)), rho, c, streams.Poisson(500 * (1 - rho) * rate));
                if (process.LogEvidence >= Math.Log(20))
                {
                    alarms++;
                    break;
                }
            }
        }

        // Three standard errors above 5 % would be 565; a correct test stays below 5 % itself.
        Assert.InRange(alarms, 1, 500);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Wrong_promotions_at_the_margin_stay_below_beta()
    {
        var streams = new Streams(24);
        int wrong = 0;
        for (int run = 0; run < 10_000; run++)
        {
            CountEProcess process = CountEProcess.Safe(0.5);
            for (int t = 0; t < 100; t++)
            {
                process.Observe(Start, 0.1, streams.Poisson(0.75), streams.Poisson(4.5));
                if (process.LogEvidence >= Math.Log(20))
                {
                    wrong++;
                    break;
                }
            }
        }

        Assert.InRange(wrong, 1, 500);
    }

    [Theory]
    [InlineData(0.0, 0.1, 2.0)]
    [InlineData(0.2, 0.5, 1.5)]
    [InlineData(0.2, 0.05, 20.0)]
    public void Cut_off_at_the_cap_the_boosted_mean_factor_is_exactly_one(double margin, double rho, double cap)
    {
        // Two ticks: the second starts where the first ended, so that boosts that build on each other are covered.
        double edge = Math.Log(1 + margin);
        double arm = EProcessOracle.Arm(rho, edge);
        foreach (int events in (int[])[1, 4, 40])
        {
            foreach (int first in (int[])[0, 1])
            {
                CountEProcess before = Boosted(first);
                if (before.LogEvidence >= Math.Log(cap))
                {
                    continue;
                }

                double mean = 0;
                for (int c = 0; c <= events; c++)
                {
                    CountEProcess after = Boosted(first);
                    after.Observe(Start, rho, c, events - c);
                    mean += EProcessOracle.Binomial(events, c, arm) * Math.Min(cap, Math.Exp(after.LogEvidence));
                }

                Assert.Equal(1, mean / Math.Exp(before.LogEvidence), 9);
            }
        }

        CountEProcess Boosted(int candidateBad)
        {
            CountEProcess process = CountEProcess.Harm(margin, Hour, Math.Log(cap));
            process.Observe(Start, rho, candidateBad, 1);
            return process;
        }
    }

    [Fact]
    public void A_boost_never_takes_evidence_away()
    {
        CountEProcess plain = CountEProcess.Harm(0, Hour);
        CountEProcess boosted = CountEProcess.Harm(0, Hour, Math.Log(20));
        var streams = new Streams(25);
        for (int t = 1; t <= 200 && boosted.LogEvidence < Math.Log(20); t++)
        {
            (long c, long s) = (streams.Poisson(0.4), streams.Poisson(2.25));
            plain.Observe(Start.AddSeconds(5 * t), 0.1, c, s);
            boosted.Observe(Start.AddSeconds(5 * t), 0.1, c, s);
            Assert.True(boosted.LogEvidence >= plain.LogEvidence - 1e-12);
        }

        Assert.True(boosted.LogEvidence > plain.LogEvidence);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Boosted_evidence_keeps_its_guarantee_over_whole_ramps()
    {
        const int Runs = 20_000;
        double[] shares = [0.01, 0.05, 0.10, 0.25, 0.50];
        var streams = new Streams(26);
        RestartPlan plan = RestartPlan.Over(Start, TimeSpan.FromMinutes(10));
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            CountEProcess process = CountEProcess.Harm(0, plan, Math.Log(20));
            for (int t = 0; t < 60; t++)
            {
                double rho = shares[t / 12];
                long c = streams.Poisson(10 * rho);
                process.Observe(Start.AddSeconds(10 * (t + 1)), rho, c, streams.Poisson(10 * (1 - rho)));
                if (process.LogEvidence >= Math.Log(20))
                {
                    alarms++;
                    break;
                }
            }
        }

        // The bound is 5 %; three standard errors are 0.46 %.
        Assert.InRange(alarms, 1, (int)(Runs * 0.0546));
    }

    private static void Close(double expected, double actual)
    {
        double slack = 1e-9 * (1 + Math.Abs(expected));
        Assert.InRange(actual, expected - slack, expected + slack);
    }
}
