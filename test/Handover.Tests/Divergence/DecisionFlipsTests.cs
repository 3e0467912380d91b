using System.Text;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>What flips a decision, in which direction, and what never does.</summary>
public sealed class DecisionFlipsTests
{
    [Theory]
    [InlineData(HarmfulFlip.Either, 0.79, 0.80, true)]
    [InlineData(HarmfulFlip.Either, 0.80, 0.79, true)]
    [InlineData(HarmfulFlip.Up, 0.79, 0.80, true)]
    [InlineData(HarmfulFlip.Up, 0.80, 0.79, false)]
    [InlineData(HarmfulFlip.Down, 0.79, 0.80, false)]
    [InlineData(HarmfulFlip.Down, 0.80, 0.79, true)]
    [InlineData(HarmfulFlip.Either, 0.10, 0.79, false)]
    [InlineData(HarmfulFlip.Either, 0.80, 0.99, false)]
    public void A_number_flips_where_it_crosses_the_threshold_in_a_direction_that_does_harm(
        HarmfulFlip harm,
        double first,
        double other,
        bool flips
    )
    {
        Tolerances rules = Rules(new PathTolerance("/fraud") { Threshold = 0.8, Harm = harm });
        string document = FormattableString.Invariant($$"""{"id":7,"fraud":{{first}}}""");
        string turned = FormattableString.Invariant($$"""{"fraud":{{other}},"id":9}""");
        Assert.Equal(flips, DecisionFlips.Harmful(Json(document), Json(turned), rules));
        Tolerances tensor = Rules(new PathTolerance("score") { Threshold = 0.8, Harm = harm });
        Assert.Equal(flips, DecisionFlips.Harmful(Tensor("FP32", 0.5, first), Tensor("FP32", 0.5, other), tensor));
    }

    [Theory]
    [InlineData(HarmfulFlip.Either, "[0.76,0.24]", "[0.74,0.26]", true)]
    [InlineData(HarmfulFlip.Up, "[0.76,0.24]", "[0.74,0.26]", false)]
    [InlineData(HarmfulFlip.Down, "[0.76,0.24]", "[0.74,0.26]", true)]
    [InlineData(HarmfulFlip.Either, "[0.9,0.1]", "[0.1,0.9]", true)]
    [InlineData(HarmfulFlip.Up, "[0.9,0.1]", "[0.1,0.9]", false)]
    [InlineData(HarmfulFlip.Either, "[0.6,0.4]", "[0.4,0.6]", false)]
    public void Probabilities_flip_where_the_top_class_becomes_sure_or_unsure_or_is_surely_another(
        HarmfulFlip harm,
        string first,
        string other,
        bool flips
    )
    {
        PathTolerance at = new("/p")
        {
            As = OutputKind.Probabilities,
            Threshold = 0.75,
            Harm = harm,
        };
        Result<TypedAnswer> a = Json($$"""{"p":{{first}}}""");
        Assert.Equal(flips, DecisionFlips.Harmful(a, Json($$"""{"p":{{other}}}"""), Rules(at)));
    }

    [Fact]
    public void Failures_labels_missing_values_and_places_without_a_threshold_decide_nothing()
    {
        Tolerances rules = Rules(new PathTolerance("/fraud") { Threshold = 0.8 });
        Result<TypedAnswer> low = Json("""{"fraud":0.1,"other":1}""");
        Assert.False(DecisionFlips.Harmful(low, new Problem("failed", "503"), rules));
        Assert.False(DecisionFlips.Harmful(low, Json("""{"other":99}"""), rules));
        Assert.False(DecisionFlips.Harmful(low, Json("""{"fraud":"high","other":99}"""), rules));
        Tolerances label = Rules(new PathTolerance("/fraud") { Threshold = 0.8, As = OutputKind.Label });
        Assert.False(DecisionFlips.Harmful(low, Json("""{"fraud":1}"""), label));
        Assert.True(DecisionFlips.Harmful(low, Json("""{"fraud":1}"""), rules));
    }

    [Fact]
    public void Flips_of_two_answers_are_those_of_the_obvious_twin() =>
        Gen.Select(Gen.Double[0, 1].Array[1, 6], Gen.Int[0, 2], Gen.Double[0, 1], Gen.Int)
            .Sample(
                (before, way, threshold, seed) =>
                {
                    var random = new Random(seed);
                    double[] after = [.. before.Select(b => random.Next(3) == 0 ? random.NextDouble() : b)];
                    var harm = (HarmfulFlip)way;
                    bool expected = false;
                    for (int i = 0; i < before.Length; i++)
                    {
                        bool up = before[i] < threshold && after[i] >= threshold;
                        bool down = before[i] >= threshold && after[i] < threshold;
                        expected |= (up && harm != HarmfulFlip.Down) || (down && harm != HarmfulFlip.Up);
                    }

                    Tolerances rules = Rules(new PathTolerance("score") { Threshold = threshold, Harm = harm });
                    Assert.Equal(expected, DecisionFlips.Harmful(Tensor("FP64", before), Tensor("FP64", after), rules));
                },
                iter: 200
            );

    private static Tolerances Rules(PathTolerance path) =>
        ComparisonRules.Of(WireProtocol.Json, null, null, false, [path]);

    private static Result<TypedAnswer> Json(string text) =>
        AnswerReader.Read(WireProtocol.Json, Encoding.UTF8.GetBytes(text));

    private static Result<TypedAnswer> Tensor(string datatype, params double[] numbers) =>
        new TypedAnswer([new TypedTensor("score", datatype, [numbers.Length]) { Numbers = numbers }]);
}
