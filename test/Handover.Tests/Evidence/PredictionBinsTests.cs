using System.Globalization;
using CsCheck;
using Handover.Core.Evidence;
using Xunit;

namespace Handover.Tests.Evidence;

/// <summary>Each prediction falls into one bin, and bins hold what they say.</summary>
public sealed class PredictionBinsTests
{
    [Fact]
    public void Scores_get_deciles_and_the_top_of_stables_answers()
    {
        PredictionBins bins = Numbers(Enumerable.Range(1, 10_000).Select(i => (double)i));
        Assert.Equal([1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 9900, 9990], bins.Edges);
        Assert.Equal(13, bins.Count);
        Assert.Equal(
            (0, 0, 1, 10, 11),
            (bins.Of("-7"), bins.Of("1000"), bins.Of("1000.5"), bins.Of("9950"), bins.Of("1e9"))
        );
        Assert.Equal(12, bins.Of("NaN"));
        Assert.Equal("up to 1,000", bins.Name(0));
        Assert.Equal("1,000 to 2,000", bins.Name(1));
        Assert.Equal("above 9,990", bins.Name(11));
        Assert.Equal("no number", bins.Name(12));
    }

    [Fact]
    public void Each_frequent_class_has_a_bin_and_the_others_share_one()
    {
        string[] outputs = [.. Enumerable.Range(0, 2_000).Select(i => i % 50 == 0 ? "fraud" : $"ok{i % 40}")];
        PredictionBins bins = PredictionBins.Freeze(outputs)!;
        Assert.Equal(PredictionBins.MostClasses + 1, bins.Count);
        Assert.Equal("any other class", bins.Name(bins.Of("never seen")));
        string first = bins.Classes[0];
        Assert.Equal((0, $"class {first}"), (bins.Of(first), bins.Name(0)));
    }

    [Fact]
    public void Few_different_numbers_are_classes()
    {
        PredictionBins bins = Numbers(Enumerable.Range(0, 1_000).Select(i => (double)(i % 3)));
        Assert.Empty(bins.Edges);
        Assert.Equal(["0", "1", "2"], bins.Classes.Order());
    }

    [Fact]
    public void Too_few_answers_freeze_nothing() =>
        Assert.Null(PredictionBins.Freeze([.. Enumerable.Range(0, 999).Select(i => $"{i}")]));

    [Fact]
    public void Every_output_has_one_bin_and_larger_scores_never_a_smaller_one() =>
        Gen.Select(Gen.Double[-1e6, 1e6].Array[1_000, 1_200], Gen.Double[-2e6, 2e6], Gen.Double[-2e6, 2e6])
            .Sample(
                (past, a, b) =>
                {
                    PredictionBins bins = Numbers(past);
                    int low = bins.Of(Text(Math.Min(a, b)));
                    int high = bins.Of(Text(Math.Max(a, b)));
                    Assert.InRange(low, 0, bins.Count - 2);
                    Assert.InRange(high, low, bins.Count - 2);
                },
                iter: 30
            );

    private static PredictionBins Numbers(IEnumerable<double> values) =>
        PredictionBins.Freeze([.. values.Select(Text)])!;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
