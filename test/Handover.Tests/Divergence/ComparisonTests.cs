using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>Published and hand-made values of the comparers, and the comparison of whole answers.</summary>
public sealed class ComparisonTests
{
    [Theory]
    [InlineData(0.0, -0.0, 0)]
    [InlineData(1.0, 1.0000000000000002, 1)]
    [InlineData(-1.0, -1.0000000000000002, 1)]
    [InlineData(double.Epsilon, -double.Epsilon, 2)]
    [InlineData(1.0, 2.0, 1L << 52)]
    [InlineData(double.NaN, double.NaN, 0)]
    public void Ulps_count_doubles_over_the_sign(double a, double b, long ulps)
    {
        Assert.Equal((ulong)ulps, NumberComparison.Ulps(a, b));
        Assert.Equal((ulong)ulps, NumberComparison.Ulps(b, a));
    }

    [Theory]
    [InlineData(100, 105, true)]
    [InlineData(100, 106, false)]
    [InlineData(0, 0.5, true)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(double.NaN, 1, false)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity, true)]
    [InlineData(double.PositiveInfinity, double.MaxValue, false)]
    public void Numbers_are_the_same_within_either_tolerance(double a, double b, bool same) =>
        Assert.Equal(same, NumberComparison.Same(a, b, 0.5, 0.05));

    [Theory]
    [InlineData(1, 2, 0.5)]
    [InlineData(1, -1, 1)]
    [InlineData(double.MaxValue, -double.MaxValue, 1)]
    [InlineData(0, 0, 0)]
    [InlineData(1, double.NaN, 1)]
    public void Severity_of_numbers_is_relative_and_bounded(double a, double b, double severity) =>
        Assert.Equal(severity, NumberComparison.Severity(a, b), 12);

    [Fact]
    public void Divergences_of_hand_made_probabilities()
    {
        // Half of .5 log2(5/7) + .5 log2(5/3), plus half of .9 log2(9/7) + .1 log2(1/3).
        Assert.Equal(0.146793, ProbabilityComparison.JensenShannon([0.5, 0.5], [0.9, 0.1]), 6);
        Assert.Equal(1, ProbabilityComparison.JensenShannon([1, 0], [0, 1]), 12);
        Assert.Equal(0, ProbabilityComparison.JensenShannon([0.2, 0.8], [0.2, 0.8]), 12);
        Assert.Equal(0.4, ProbabilityComparison.TotalVariation([0.5, 0.5], [0.9, 0.1]), 12);
        Assert.True(ProbabilityComparison.IsDistribution([0.5, 0.5]));
        Assert.False(ProbabilityComparison.IsDistribution([0.5, 0.4]));
        Assert.False(ProbabilityComparison.IsDistribution([double.NaN, 1]));
    }

    [Fact]
    public void Rank_biased_overlap_of_hand_made_lists()
    {
        Assert.Equal(1, RankingComparison.RankBiasedOverlap(["a", "b", "c"], ["a", "b", "c"]), 12);
        Assert.Equal(0.9, RankingComparison.RankBiasedOverlap(["a", "b"], ["b", "a"]), 12);
        Assert.Equal(0, RankingComparison.RankBiasedOverlap(["a", "b"], ["c", "d"]), 12);
        Assert.Equal(1, RankingComparison.RankBiasedOverlap([], []));
        Assert.Equal(0, RankingComparison.RankBiasedOverlap(["a"], []));
    }

    [Fact]
    public void Tau_and_overlap_of_hand_made_lists()
    {
        // Seven pairs keep their order and three do not: (7 - 3) / 10.
        Assert.Equal(0.4, RankingComparison.KendallTau(["a", "b", "c", "d", "e"], ["b", "c", "a", "e", "d"]), 12);
        Assert.Equal(-1, RankingComparison.KendallTau(["a", "b"], ["b", "x", "a"]), 12);
        Assert.Equal(double.NaN, RankingComparison.KendallTau(["a"], ["a"]));
        Assert.Equal(0.5, RankingComparison.OverlapAt(["a", "b", "c"], ["b", "x", "a"], 2), 12);
    }

    [Fact]
    public void Kappa_of_the_textbook_table_is_four_tenths()
    {
        LabelComparison counts = LabelComparison.Empty.Add([
            .. Enumerable.Repeat(("yes", "yes"), 20),
            .. Enumerable.Repeat(("yes", "no"), 5),
            .. Enumerable.Repeat(("no", "yes"), 10),
            .. Enumerable.Repeat(("no", "no"), 15),
        ]);
        Assert.Equal(0.4, counts.Kappa, 12);
        Assert.Equal(0.3, counts.Disagreement, 12);
        Assert.Equal((5, 10), counts.Flips("yes"));
    }

    [Fact]
    public void Texts_are_normalised_before_they_are_compared()
    {
        Assert.Equal("the price is 5", TextComparison.Normalise("  The Price:  is\n５!"));
        Assert.Equal(1, TextComparison.TokenF1("Hello, World", "hello world"));
        Assert.Equal(0.8, TextComparison.TokenF1("a b c", "b a"), 12);
        Assert.Equal(0.4, TextComparison.RougeL("a b c", "b a"), 12);
        Assert.Equal(1, TextComparison.TokenF1("", "!"));
        Assert.Equal(0, TextComparison.TokenF1("", "x"));
        Assert.Equal("\ud800", TextComparison.Normalise("\ud800"));
    }

    [Fact]
    public void Answers_differ_beyond_the_tolerance_with_a_severity_between_nothing_and_one()
    {
        Assert.False(AnswerComparison.Compare(Answer("p", "FP32", 100, 50), Answer("p", "FP32", 104, 50)).Differs);
        Difference difference = AnswerComparison.Compare(Answer("p", "FP32", 100, 50), Answer("p", "FP32", 200, 50));
        Assert.True(difference.Differs);
        Assert.Equal(0.25, difference.Severity, 12);
        Assert.Equal(("p", DifferenceKind.Value, 1, "100 became 200"), Only(difference));
    }

    [Fact]
    public void Shape_type_missing_and_extra_are_kinds_of_their_own()
    {
        TypedAnswer stable = Answer("p", "FP32", 1);
        Assert.Equal(DifferenceKind.Shape, Only(AnswerComparison.Compare(stable, Answer("p", "FP32", 1, 1))).Kind);
        Assert.Equal(DifferenceKind.Type, Only(AnswerComparison.Compare(stable, Answer("p", "FP64", 1))).Kind);
        Difference renamed = AnswerComparison.Compare(stable, Answer("q", "FP32", 1));
        Assert.Equal([DifferenceKind.Missing, DifferenceKind.Extra], renamed.Paths.Select(p => p.Kind));
        Assert.Equal(1, renamed.Severity);
    }

    [Fact]
    public void Integers_are_labels_and_exact_beyond_the_precision_of_doubles()
    {
        Assert.True(AnswerComparison.Compare(Answer("c", "INT32", 100), Answer("c", "INT32", 101)).Differs);
        TypedAnswer a = Large("9007199254740993");
        Assert.True(AnswerComparison.Compare(a, Large("9007199254740992")).Differs);
        Assert.False(AnswerComparison.Compare(a, Large("9007199254740993")).Differs);

        static TypedAnswer Large(string id) =>
            OpenInferenceReader
                .ReadResponse(
                    System.Text.Encoding.UTF8.GetBytes(
                        $$"""{"outputs":[{"name":"id","datatype":"INT64","shape":[1],"data":[{{id}}]}]}"""
                    )
                )
                .Value;
    }

    [Fact]
    public void A_flip_of_the_top_class_differs_however_small_it_is()
    {
        Tolerances rules = new() { Kinds = new Dictionary<string, OutputKind> { ["p"] = OutputKind.Probabilities } };
        TypedAnswer stable = Answer("p", "FP32", 0.51, 0.49);
        Assert.True(AnswerComparison.Compare(stable, Answer("p", "FP32", 0.49, 0.51), rules).Differs);
        Assert.False(AnswerComparison.Compare(stable, Answer("p", "FP32", 0.54, 0.46), rules).Differs);
    }

    [Fact]
    public void A_failure_of_one_side_is_a_difference_and_of_both_is_none()
    {
        Result<TypedAnswer> good = Answer("p", "FP32", 1);
        Result<TypedAnswer> bad = new Problem("timeout", "no answer within 2 s");
        Difference difference = AnswerComparison.Compare(good, bad);
        Assert.Equal(("", DifferenceKind.CandidateFailed, 1, "no answer within 2 s"), Only(difference));
        Assert.Equal(DifferenceKind.StableFailed, Only(AnswerComparison.Compare(bad, good)).Kind);
        Assert.False(AnswerComparison.Compare(bad, bad).Differs);
    }

    [Fact]
    public void Json_is_compared_by_folded_path()
    {
        TypedAnswer stable = Json("""{"items":[{"id":"a","score":1},{"id":"b","score":2}],"at":1,"note":"x"}""");
        TypedAnswer candidate = Json("""{"items":[{"id":"a","score":5},{"id":"b","score":9}],"at":"1","more":true}""");
        Difference difference = AnswerComparison.Compare(stable, candidate);
        Assert.Equal(
            [
                ("/at", DifferenceKind.Type, 1),
                ("/items/*/score", DifferenceKind.Value, 2),
                ("/more", DifferenceKind.Extra, 1),
                ("/note", DifferenceKind.Missing, 1),
            ],
            difference.Paths.OrderBy(p => p.Path, StringComparer.Ordinal).Select(p => (p.Path, p.Kind, p.Count))
        );
    }

    [Fact]
    public void Reported_paths_are_capped_and_what_is_left_out_is_counted()
    {
        string many = string.Join(",", Enumerable.Range(0, 50).Select(i => $"\"k{i}x\":{i}"));
        Difference difference = AnswerComparison.Compare(
            Json($"{{{many}}}"),
            Json("{}"),
            new Tolerances { MostPaths = 10 }
        );
        Assert.Equal((10, 41), (difference.Paths.Count, difference.PathsLeftOut));
    }

    private static (string Path, DifferenceKind Kind, int Count, string Detail) Only(Difference difference)
    {
        PathDifference path = Assert.Single(difference.Paths);
        return (path.Path, path.Kind, path.Count, path.Detail);
    }

    private static TypedAnswer Answer(string name, string datatype, params double[] numbers) =>
        new([new TypedTensor(name, datatype, [numbers.Length]) { Numbers = numbers }]);

    private static TypedAnswer Json(string text) =>
        PlainJsonReader.ReadResponse(System.Text.Encoding.UTF8.GetBytes(text)).Value;
}
