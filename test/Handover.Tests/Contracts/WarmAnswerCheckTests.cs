using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// Liars are caught while warming, and an honest better model is not. The honest pair is real: answers of the two
/// diamond models of the sample to the same rows, over 5 % apart on half of them.
/// </summary>
public sealed class WarmAnswerCheckTests
{
    private static readonly (double V1, double V2)[] Real =
    [
        (1235.4, 1159.6),
        (4010.7, 3941.9),
        (3250.6, 3619.2),
        (6553.0, 7856.2),
        (656.1, 633.5),
        (3773.9, 4099.8),
        (1013.6, 955.5),
        (2109.3, 3028.2),
        (1189.4, 1243.6),
        (3253.2, 3301.9),
        (1063.0, 923.5),
        (615.3, 589.4),
        (2351.5, 2426.2),
        (579.9, 560.8),
        (720.2, 700.5),
        (696.4, 658.2),
        (1600.3, 1517.0),
        (1300.6, 1199.4),
        (1193.0, 1107.8),
        (532.6, 563.5),
        (14666.3, 12997.0),
        (646.1, 521.7),
        (10035.1, 10467.9),
        (905.3, 814.9),
        (667.2, 596.6),
        (4768.8, 5021.9),
        (800.6, 690.1),
        (1047.8, 994.4),
        (1020.2, 952.8),
        (710.6, 721.0),
        (1342.8, 1242.4),
        (12799.0, 11676.2),
    ];

    private static readonly Signature Declared = new([
        new TensorSpec("price", "FP32", [-1, 1]) { Unit = "USD", Range = new ValueRange(-10_000, 100_000) },
    ]);

    [Fact]
    public void A_better_model_that_differs_on_half_of_the_rows_passes()
    {
        WarmAnswerReport report = WarmAnswerCheck.Judge(Declared, Declared, Pairs(r => r.V2, r => r.V1));
        Assert.Empty(report.Refusals);
        OutputScale scale = Assert.Single(report.Scales);
        Assert.InRange(scale.MedianRatio, 0.8, 1.25);
        Assert.True(
            Real.Count(r => Math.Abs(r.V2 - r.V1) > 0.05 * Math.Abs(r.V1)) >= Real.Length / 2,
            "the pair is not that different"
        );
    }

    [Fact]
    public void Cents_that_are_declared_as_dollars_are_refused_by_range_and_by_scale()
    {
        WarmAnswerReport report = WarmAnswerCheck.Judge(Declared, Declared, Pairs(r => r.V2 * 100, r => r.V1));
        Assert.False(report.Ok);
        Assert.Contains(report.Refusals, r => r.Contains("outside the declared range [-10000, 100000]"));
        Assert.Contains(report.Refusals, r => r.Contains("close to 100") && r.Contains("than the declared USD"));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(0.01)]
    [InlineData(0.001)]
    public void A_scale_that_is_off_is_refused_without_any_range(double factor)
    {
        Signature unbounded = new([new TensorSpec("price", "FP32", [-1, 1]) { Unit = "USD" }]);
        WarmAnswerReport report = WarmAnswerCheck.Judge(unbounded, unbounded, Pairs(r => r.V2 * factor, r => r.V1));
        string refusal = Assert.Single(report.Refusals);
        Assert.Contains("another unit than the declared USD is likely", refusal);
    }

    [Fact]
    public void Another_declared_unit_is_not_a_lie()
    {
        Signature cents = new([new TensorSpec("price", "FP32", [-1, 1]) { Unit = "cent" }]);
        WarmAnswerReport report = WarmAnswerCheck.Judge(cents, Declared, Pairs(r => r.V2 * 100, r => r.V1));
        Assert.True(report.Ok);
        Assert.Empty(report.Scales);
    }

    [Fact]
    public void Probabilities_may_differ_by_any_factor()
    {
        Signature score = new([new TensorSpec("price", "FP32", [-1, 1]) { Range = new ValueRange(0, 1) }]);
        Assert.True(WarmAnswerCheck.Judge(score, score, Pairs(r => 0.001, r => 0.05)).Ok);
        Assert.False(WarmAnswerCheck.Judge(score, score, Pairs(r => 5, r => 0.05)).Ok);
    }

    [Fact]
    public void Less_than_thirty_values_say_nothing_about_the_scale()
    {
        WarmPair[] few = [.. Pairs(r => r.V2 * 20, r => r.V1).Take(29)];
        Signature unbounded = new([new TensorSpec("price", "FP32", [-1, 1])]);
        Assert.True(WarmAnswerCheck.Judge(unbounded, null, few).Ok);
        Assert.False(WarmAnswerCheck.Judge(unbounded, null, Pairs(r => r.V2 * 20, r => r.V1)).Ok);
    }

    [Fact]
    public void A_few_odd_rows_do_not_move_the_scale()
    {
        Signature unbounded = new([new TensorSpec("price", "FP32", [-1, 1])]);
        int row = 0;
        WarmAnswerReport report = WarmAnswerCheck.Judge(
            unbounded,
            null,
            Pairs(r => row++ % 4 == 0 ? 1e9 : r.V2, r => r.V1)
        );
        Assert.True(report.Ok);
    }

    [Fact]
    public void An_answer_of_nothing_but_zeros_is_off_the_scale()
    {
        string refusal = Assert.Single(WarmAnswerCheck.Judge(Declared, Declared, Pairs(_ => 0, r => r.V1)).Refusals);
        Assert.Contains("is 0 x the recorded answers", refusal);
    }

    [Fact]
    public void One_value_that_is_not_a_number_refuses_whatever_the_tolerance()
    {
        int row = 0;
        WarmAnswerReport report = WarmAnswerCheck.Judge(
            Declared,
            Declared,
            Pairs(r => row++ == 7 ? double.NaN : r.V2, r => r.V1),
            new WarmTolerance { OutOfRange = Ratio.One }
        );
        Assert.Contains("1 of 32 answers", Assert.Single(report.Refusals));
    }

    [Fact]
    public void A_missing_output_is_refused()
    {
        WarmPair[] pairs = [.. Pairs(r => r.V2, r => r.V1).Select(p => p with { Candidate = new TypedAnswer([]) })];
        Assert.Contains(
            "output price is missing",
            Assert.Single(WarmAnswerCheck.Judge(Declared, Declared, pairs).Refusals)
        );
    }

    private static WarmPair[] Pairs(
        Func<(double V1, double V2), double> candidate,
        Func<(double V1, double V2), double> recorded
    ) => [.. Real.Select(r => new WarmPair(Answer(candidate(r)), Answer(recorded(r))))];

    private static TypedAnswer Answer(double price) =>
        new([new TypedTensor("price", "FP32", [1, 1]) { Numbers = [price] }]);
}
