using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>The tests against an objective and on shadow pairs: exact by sums over outcomes; false alarms.</summary>
public sealed class OtherEProcessTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.2)]
    public void At_the_objective_the_mean_factor_is_one_by_exact_sum(double limit)
    {
        double harmMean = 0;
        double safeMean = 0;
        for (int bad = 0; bad <= 20; bad++)
        {
            double p = EProcessOracle.Binomial(20, bad, limit);
            ObjectiveEProcess harm = ObjectiveEProcess.Harm(limit, null);
            ObjectiveEProcess safe = ObjectiveEProcess.Safe(limit);
            harm.Observe(Start, bad, 20);
            safe.Observe(Start, bad, 20);
            harmMean += p * Math.Exp(harm.LogEvidence);
            safeMean += p * Math.Exp(safe.LogEvidence);
        }

        Assert.Equal(1, harmMean, 9);
        Assert.Equal(1, safeMean, 9);
    }

    [Fact]
    public void Some_hundred_clean_requests_prove_an_error_rate_below_one_percent()
    {
        ObjectiveEProcess safe = ObjectiveEProcess.Safe(0.01);
        int needed = 0;
        while (safe.LogEvidence < Math.Log(20))
        {
            safe.Observe(Start, 0, 1);
            needed++;
        }

        // All weight on a rate of zero would need ln 20 / -ln 0.99 = 299, half of it ln 40 / -ln 0.99 = 368.
        Assert.InRange(needed, 299, 368);
    }

    [Fact]
    public void One_error_does_not_make_a_proof_impossible()
    {
        ObjectiveEProcess safe = ObjectiveEProcess.Safe(0.01);
        safe.Observe(Start, 0, 100);
        safe.Observe(Start, 1, 1);
        safe.Observe(Start, 0, 2_000);
        Assert.True(double.IsFinite(safe.LogEvidence));
        Assert.True(safe.LogEvidence > Math.Log(20));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Releases_at_their_objective_are_seldom_called_harmful_or_proven()
    {
        var streams = new Streams(31);
        int harmful = 0;
        int proven = 0;
        RestartPlan plan = RestartPlan.Over(Start, TimeSpan.FromMinutes(10));
        for (int run = 0; run < 10_000; run++)
        {
            ObjectiveEProcess harm = ObjectiveEProcess.Harm(0.02, plan);
            ObjectiveEProcess safe = ObjectiveEProcess.Safe(0.02);
            bool alarm = false;
            bool proof = false;
            for (int t = 1; t <= 60; t++)
            {
                long bad = streams.Binomial(20, 0.02);
                harm.Observe(Start.AddSeconds(10 * t), bad, 20);
                safe.Observe(Start.AddSeconds(10 * t), bad, 20);
                alarm |= harm.LogEvidence >= Math.Log(20);
                proof |= safe.LogEvidence >= Math.Log(20);
            }

            harmful += alarm ? 1 : 0;
            proven += proof ? 1 : 0;
        }

        Assert.InRange(harmful, 1, 500);
        Assert.InRange(proven, 1, 500);
    }

    [Fact]
    public void Without_a_margin_pairs_follow_the_sign_test_of_the_formula()
    {
        PairedEProcess process = PairedEProcess.Harm(0, null);
        process.Observe(Start, 12, 3, 7, 1_000);
        double[] thetas = [0.52, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9, 0.95];
        double e = thetas.Average(th => Math.Pow(2 * th, 12) * Math.Pow(2 * (1 - th), 3));
        Assert.Equal(Math.Log(e), process.LogEvidence, 10);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.2)]
    public void At_the_margin_the_mean_factor_of_a_pair_is_one(double margin)
    {
        // Stable is bad in 4 % of pairs, the candidate in (1 + margin) times as many; 1 % of pairs are bad on both.
        const double Both = 0.01;
        const double Stable = 0.04;
        double candidateOnly = (Stable * (1 + margin)) - Both;
        (double P, long[] Pair)[] outcomes =
        [
            (candidateOnly, [1, 0, 0, 0]),
            (Stable - Both, [0, 1, 0, 0]),
            (Both, [0, 0, 1, 0]),
            (1 - candidateOnly - Stable, [0, 0, 0, 1]),
        ];
        Assert.Equal(1, Mean(() => PairedEProcess.Harm(margin, null)), 12);
        Assert.Equal(1, Mean(() => PairedEProcess.Safe(margin)), 12);

        double Mean(Func<PairedEProcess> make) =>
            outcomes.Sum(o =>
            {
                PairedEProcess process = make();
                process.Observe(Start, o.Pair[0], o.Pair[1], o.Pair[2], o.Pair[3]);
                return o.P * Math.Exp(process.LogEvidence);
            });
    }

    [Fact]
    public void A_margin_in_points_is_exact_too()
    {
        // Half a point above stable: exactly the margin.
        double mean = 0;
        foreach ((double p, long c, long s) in new[] { (0.012, 1L, 0L), (0.007, 0L, 1L), (0.981, 0L, 0L) })
        {
            PairedEProcess process = PairedEProcess.HarmByPoints(0.005, null);
            process.Observe(Start, c, s, 0, 1 - c - s);
            mean += p * Math.Exp(process.LogEvidence);
        }

        Assert.Equal(1, mean, 12);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Equal_pairs_are_seldom_called_harmful()
    {
        var streams = new Streams(32);
        int alarms = 0;
        for (int run = 0; run < 10_000; run++)
        {
            PairedEProcess process = PairedEProcess.Harm(0, null);
            for (int t = 0; t < 100; t++)
            {
                process.Observe(Start, streams.Poisson(3.5), streams.Poisson(3.5), 0, 493);
                if (process.LogEvidence >= Math.Log(20))
                {
                    alarms++;
                    break;
                }
            }
        }

        Assert.InRange(alarms, 1, 500);
    }
}
