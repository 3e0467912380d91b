using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Published values of other implementations (statistics.md 2.1).</summary>
public sealed class DirichletMixtureTests
{
    [Fact]
    public void Seqabpy_counts_of_156_and_212_give_its_p_value()
    {
        // seqabpy prints 0.075; the reference program with the same concentration gives 0.07486.
        double p = Math.Exp(-DirichletMixture.LogEvidence(156, 212, 0.5));
        Assert.Equal(0.07486, p, 5e-6);
    }

    [Fact]
    public void Optimizelys_test_of_three_arms_comes_out_step_by_step()
    {
        double[] marginal = [-1.0986123, -2.4849066, -3.4011974, -4.4998097, -6.4457198];
        double[] fixedShares = [-0.9162907, -1.8325815, -2.7488722, -3.6651629, -5.2746008];
        int[] events = [0, 1, 0, 1, 2];
        long[] counts = [0, 0, 0];
        for (int i = 0; i < events.Length; i++)
        {
            counts[events[i]]++;
            Assert.Equal(marginal[i], DirichletMixture.LogMarginal(counts, [1, 1, 1]), 1e-6);
            Assert.Equal(fixedShares[i], DirichletMixture.LogNull(counts, [0.4, 0.4, 0.2]), 1e-6);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(0.5, 0.57236494292470008)]
    [InlineData(0.01, 4.599479878042022)]
    [InlineData(10, 12.801827480081469)]
    [InlineData(1000.5, 5908.674175848678)]
    public void The_logarithm_of_gamma_is_exact_to_twelve_digits(double x, double expected) =>
        Assert.Equal(expected, LogMath.LogGamma(x), 1e-12 * Math.Max(1, expected));

    [Fact]
    public void The_mean_of_the_e_value_under_the_configured_share_is_one()
    {
        // All splits of 60 entities at 10 %, weighted by their exact probability.
        double mean = 0;
        double choose = 1;
        for (int k = 0; k <= 60; k++)
        {
            double probability = choose * Math.Pow(0.1, k) * Math.Pow(0.9, 60 - k);
            mean += probability * Math.Exp(DirichletMixture.LogEvidence(k, 60 - k, 0.1));
            choose *= (60.0 - k) / (k + 1);
        }

        Assert.Equal(1, mean, 1e-9);
    }
}
