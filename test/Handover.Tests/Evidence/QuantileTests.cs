using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Thresholds, sketch, unit filter and the small logarithms.</summary>
public sealed class QuantileTests
{
    [Fact]
    public void Thresholds_need_a_thousand_answers()
    {
        Assert.Null(LatencyThresholds.Freeze([.. Enumerable.Repeat(1.0, 999)], 0.2, null));
        Assert.Null(LossThresholds.Freeze([.. Enumerable.Repeat(1.0, 999)], 0.05));
    }

    [Fact]
    public void Thresholds_are_the_quantiles_and_the_candidate_gets_the_margin_or_five_milliseconds()
    {
        double[] answers = [.. Enumerable.Range(1, 1_000).Select(i => (double)i).Reverse()];
        LatencyThresholds at = LatencyThresholds.Freeze(answers, 0.2, TimeSpan.FromMilliseconds(250))!;
        Assert.Equal([500, 750, 900, 950, 990, 999, 250], at.StableMs);
        Assert.Equal(500 * 1.2, at.CandidateMs[0], 9);
        Assert.Equal(250, at.CandidateMs[LatencyThresholds.ObjectiveLevel]);
        LatencyThresholds fast = LatencyThresholds.Freeze([.. Enumerable.Repeat(0.4, 1_000)], 0.2, null)!;
        Assert.All(fast.CandidateMs, ms => Assert.Equal(5.4, ms, 9));
        LossThresholds loss = LossThresholds.Freeze(answers, 0.05)!;
        Assert.Equal(990 * 1.05, loss.Candidate[Quantiles.P99], 9);

        // Nearest rank: with 1,001 answers the median is the 501st, not the 500th.
        Assert.Equal(501, Quantiles.Freeze([.. Enumerable.Range(1, 1_001).Select(i => (double)i)])![0]);
    }

    [Fact]
    public void A_sketch_is_within_one_percent_of_the_exact_quantile_and_merges_in_any_order()
    {
        var streams = new Streams(41);
        double[] values = [.. Enumerable.Range(0, 20_000).Select(_ => 100 * Math.Exp(streams.Normal()))];
        var one = new LatencySketch();
        var two = new LatencySketch();
        var whole = new LatencySketch();
        for (int i = 0; i < values.Length; i++)
        {
            (i % 3 == 0 ? one : two).Add(values[i]);
            whole.Add(values[i]);
        }

        two.Merge(one);
        Assert.Equal(whole.ToCounts(), two.ToCounts());
        double[] sorted = [.. values.Order()];
        foreach (double q in (double[])[0, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
        {
            double exact = sorted[Math.Max(0, (int)Math.Ceiling(q * sorted.Length) - 1)];
            Assert.InRange(two.Quantile(q)!.Value, exact * 0.99, exact * 1.01);
        }

        Assert.Equal(whole.Quantile(0.9), LatencySketch.FromCounts(whole.ToCounts())!.Quantile(0.9));
        Assert.Null(LatencySketch.FromCounts([(-1, 3)]));
        Assert.Null(new LatencySketch().Quantile(0.5));
    }

    [Fact]
    public void An_entity_counts_once_per_metric_and_level()
    {
        var filter = new UnitFilter();
        Assert.True(filter.FirstBad("errors", 0, "c-1"));
        Assert.False(filter.FirstBad("errors", 0, "c-1"));
        Assert.True(filter.HasBeenBad("errors", 0, "c-1"));
        Assert.True(filter.FirstBad("latency", 0, "c-1"));
        Assert.True(filter.FirstBad("latency", 1, "c-1"));
        Assert.True(filter.FirstBad("errors", 0, "c-2"));
        UnitFilter loaded = UnitFilter.Load([filter.Page()!.Keys], overflow: 3)!;
        Assert.False(loaded.FirstBad("errors", 0, "c-2"));
        Assert.Equal((filter.Count, 3L), (loaded.Count, loaded.Overflow));
        Assert.Null(UnitFilter.Load([new byte[15]]));
    }

    [Fact]
    public void A_full_filter_counts_what_it_could_not_take()
    {
        var filter = new UnitFilter(2);
        Assert.True(filter.FirstBad("errors", 0, "a"));
        Assert.True(filter.FirstBad("errors", 0, "b"));
        Assert.False(filter.FirstBad("errors", 0, "c"));
        Assert.False(filter.FirstBad("errors", 0, "a"));
        Assert.Equal(1, filter.Overflow);
        Assert.Equal(2, filter.Count);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Many_entities_have_different_keys()
    {
        var filter = new UnitFilter();
        for (int i = 0; i < 200_000; i++)
        {
            Assert.True(filter.FirstBad("errors", i & 7, $"c-{i}"));
        }
    }

    [Theory]
    [InlineData(1e-18)]
    [InlineData(1e-12)]
    [InlineData(-1e-9)]
    [InlineData(1e-5)]
    [InlineData(0.3)]
    [InlineData(-0.9)]
    public void Small_logarithms_are_exact(double x)
    {
        // A short series for small x; the plain formula is good enough for large x.
        double log = Math.Abs(x) < 1e-3 ? x - (x * x / 2) + (x * x * x / 3) : Math.Log(1 + x);
        double exp = Math.Abs(x) < 1e-3 ? x + (x * x / 2) + (x * x * x / 6) : Math.Exp(x) - 1;
        Assert.Equal(1, LogMath.Log1P(x) / log, 12);
        Assert.Equal(1, LogMath.ExpM1(x) / exp, 12);
    }

    [Fact]
    public void Sums_of_exponentials_treat_minus_infinity_as_zero()
    {
        Assert.Equal(double.NegativeInfinity, LogMath.LogAddExp(double.NegativeInfinity, double.NegativeInfinity));
        Assert.Equal(3, LogMath.LogAddExp(double.NegativeInfinity, 3));
        Assert.Equal(Math.Log(6), LogMath.LogSumExp([Math.Log(1), Math.Log(2), Math.Log(3)]), 12);
        Assert.Equal(1000 + Math.Log(2), LogMath.LogSumExp([1000, 1000]), 9);
        Assert.Equal(double.NegativeInfinity, LogMath.LogSumExp([]));
    }
}
