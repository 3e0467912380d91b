using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>The bet on all bins together: exact under the null, quick where each bin changes little.</summary>
public sealed class ClassMixTests
{
    private static readonly double[] Stable = [0.5, 0.3, 0.15, 0.03, 0.02];

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.25)]
    public void It_agrees_with_the_formula_written_out(double margin)
    {
        var streams = new Streams(81);
        var process = new ClassMixEProcess(margin, 8);
        double product = 1;
        long[] seenCandidate = new long[3];
        long[] seenStable = new long[3];
        for (int t = 0; t < 40; t++)
        {
            double rho = t % 7 == 0 ? 0 : 0.25;
            long[] c = [streams.Poisson(1), streams.Poisson(3), streams.Poisson(0.5)];
            long[] s = [streams.Poisson(6), streams.Poisson(3), streams.Poisson(2)];
            process.Observe(rho, c, s);
            if (rho == 0)
            {
                continue;
            }

            for (int y = 0; y < 3; y++)
            {
                double mine = (seenCandidate[y] + (10 * rho)) / (seenCandidate.Sum() + (30 * rho));
                double theirs = (seenStable[y] + (10 * (1 - rho))) / (seenStable.Sum() + (30 * (1 - rho)));
                double bet = Math.Clamp(mine / theirs, 0.2, 5);
                double edge =
                    bet > 1 + margin ? 1 + margin
                    : bet < 1 / (1 + margin) ? 1 / (1 + margin)
                    : bet;
                double up = Arm(rho, bet) / Arm(rho, edge);
                double down = (1 - Arm(rho, bet)) / (1 - Arm(rho, edge));
                product *= Math.Pow(up, c[y]) * Math.Pow(down, s[y]);
            }

            for (int y = 0; y < 3; y++)
            {
                seenCandidate[y] += c[y];
                seenStable[y] += s[y];
            }
        }

        Assert.Equal(Math.Log(product), process.LogEvidence, 9);
        Assert.NotEqual(0, process.LogEvidence);
    }

    [Fact]
    public void At_the_edge_of_the_margin_the_mean_factor_is_one_by_exact_sum()
    {
        // Bin 0 was seen twice as often on the candidate; now all splits of four events in it, at a ratio of 1.25.
        double mean = 0;
        double within = 0;
        double start = 0;
        for (int c = 0; c <= 4; c++)
        {
            var process = new ClassMixEProcess(0.25, 2);
            process.Observe(0.5, [400, 100], [200, 300]);
            start = process.LogEvidence;
            process.Observe(0.5, [c, 0], [4 - c, 0]);
            double factor = Math.Exp(process.LogEvidence - start);
            mean += EProcessOracle.Binomial(4, c, EProcessOracle.Arm(0.5, Math.Log(1.25))) * factor;
            within += EProcessOracle.Binomial(4, c, 0.5) * factor;
        }

        Assert.Equal(1, mean, 12);
        Assert.InRange(within, 0, 0.95);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Equal_mixes_are_seldom_called_different()
    {
        var streams = new Streams(82);
        int alarms = 0;
        for (int run = 0; run < 2_000; run++)
        {
            var process = new ClassMixEProcess(0, 5);
            for (int t = 0; t < 60; t++)
            {
                process.Observe(0.1, Draw(streams, Stable, 50), Draw(streams, Stable, 450));
                if (process.LogEvidence >= Math.Log(20))
                {
                    alarms++;
                    break;
                }
            }
        }

        Assert.InRange(alarms, 1, 100);
    }

    [Fact]
    public void A_shift_over_many_bins_is_found_by_all_of_them_together()
    {
        var streams = new Streams(83);
        var together = new ClassMixEProcess(0, 5);
        CountEProcess[] single = [.. Stable.Select(_ => CountEProcess.Harm(0, null))];
        for (int t = 0; t < 120; t++)
        {
            long[] c = Draw(streams, [0.46, 0.33, 0.16, 0.03, 0.02], 50);
            long[] s = Draw(streams, Stable, 450);
            together.Observe(0.1, c, s);
            for (int y = 0; y < 5; y++)
            {
                single[y].Observe(DateTimeOffset.UnixEpoch, 0.1, c[y], s[y]);
            }
        }

        Assert.True(together.LogEvidence > Math.Log(20));
        Assert.True(together.LogEvidence > single.Max(p => p.LogEvidence));
    }

    private static double Arm(double rho, double ratio) => rho * ratio / (1 - rho + (rho * ratio));

    private static long[] Draw(Streams streams, double[] mix, double mean) =>
        [.. mix.Select(p => streams.Poisson(p * mean))];
}
