using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>Answers against the distribution that a monitor compares them with.</summary>
public sealed class ReferenceCheckTests
{
    private static readonly ReferenceShape Shape = new([10, 20, 30], [0.25, 0.25, 0.25, 0.25]);
    private static readonly MonitoredReference Reference = new("price", "price-2026") { Shape = Shape };

    [Fact]
    public void Answers_of_the_reference_agree_and_shifted_ones_are_told_with_the_worst_bin()
    {
        ReferenceFinding same = Judge([.. Enumerable.Range(0, 400).Select(i => (i % 40) + 0.5)]);
        Assert.False(same.Outside, same.Text);
        ReferenceFinding shifted = Judge([.. Enumerable.Range(0, 400).Select(i => (i % 40) + 15.5)]);
        Assert.True(shifted.Outside, shifted.Text);
        Assert.Contains("up to 10 are 0% instead of 25%", shifted.Text, StringComparison.Ordinal);
        Assert.Contains("price-monitor", shifted.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_few_answers_are_not_judged_and_say_so()
    {
        ReferenceFinding few = Judge([.. Enumerable.Repeat(99.0, ReferenceCheck.LeastValues - 1)]);
        Assert.False(few.Outside);
        Assert.EndsWith("was not judged: 199 of 200 values", few.Text, StringComparison.Ordinal);
        Assert.True(Judge([.. Enumerable.Repeat(double.NaN, ReferenceCheck.LeastValues)]).Outside);
    }

    [Fact]
    public void Answers_drawn_from_the_reference_are_outside_in_few_of_many_trials()
    {
        var dice = new Random(7);
        int outside = Enumerable
            .Range(0, 1_000)
            .Count(_ => Judge([.. Enumerable.Range(0, 200).Select(_ => dice.NextDouble() * 40)]).Outside);
        Assert.InRange(outside, 0, 1);
    }

    [Fact]
    public void The_index_is_that_of_the_formula_never_negative_and_the_same_both_ways() =>
        Gen.Int[1, 100]
            .Array[4]
            .Select(Gen.Int[1, 100].Array[4])
            .Sample(
                (a, b) =>
                {
                    double[] p = [.. a.Select(x => (double)x / a.Sum())];
                    double[] q = [.. b.Select(x => (double)x / b.Sum())];
                    double obvious = 0;
                    for (int i = 0; i < 4; i++)
                    {
                        obvious += (p[i] * Math.Log(p[i] / q[i])) + (q[i] * Math.Log(q[i] / p[i]));
                    }

                    Assert.Equal(obvious, ReferenceCheck.StabilityIndex(p, q), 9);
                    Assert.Equal(obvious, ReferenceCheck.StabilityIndex(q, p), 9);
                    Assert.True(obvious >= -1e-12);
                }
            );

    [Fact]
    public void Only_a_reference_with_a_shape_that_the_candidate_says_it_has_is_judged()
    {
        var emits = new Signature([new TensorSpec("price", "FP32", [-1]) { Reference = "price-2026" }]);
        Assert.Equal(("price-monitor", Reference), Assert.Single(ReferenceCheck.Of([Monitor(Reference)], emits)));
        Assert.Empty(ReferenceCheck.Of([Monitor(Reference with { Shape = null })], emits));
        Assert.Empty(ReferenceCheck.Of([Monitor(Reference with { Distribution = "price-2025" })], emits));
        Assert.Empty(ReferenceCheck.Of([Monitor(Reference)], null));
    }

    private static Consumer Monitor(MonitoredReference reference) =>
        new("price-monitor", "price", ConsumerRole.Monitoring, new Signature([]))
        {
            Monitors = new MonitorSpec([], [reference]),
        };

    private static ReferenceFinding Judge(double[] prices) =>
        Assert.Single(
            ReferenceCheck.Judge(
                [("price-monitor", Reference)],
                [.. prices.Select(p => new TypedAnswer([new TypedTensor("price", "FP32", [1]) { Numbers = [p] }]))]
            )
        );
}
