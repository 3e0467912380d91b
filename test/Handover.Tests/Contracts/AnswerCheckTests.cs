using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>Declared = served, for answers.</summary>
public sealed class AnswerCheckTests
{
    private static readonly Signature Declared = new([
        new TensorSpec("price", "FP32", [-1, 1]) { Range = new ValueRange(0, 100_000) },
    ]);

    [Fact]
    public void An_answer_that_keeps_its_declaration_has_no_findings() =>
        Assert.Empty(AnswerCheck.Check(Answer("price", "FP32", [2, 1], 0, 100_000), Declared));

    [Theory]
    [InlineData(-0.5)]
    [InlineData(100_000.5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_value_outside_the_range_is_found_with_the_value(double value)
    {
        AnswerFinding finding = Assert.Single(AnswerCheck.Check(Answer("price", "FP32", [2, 1], 5, value), Declared));
        Assert.Equal((ContractRule.Range, value), (finding.Rule, finding.Value));
    }

    [Fact]
    public void Not_a_number_is_found_where_no_range_is_declared() =>
        Assert.Single(
            AnswerCheck.Check(Answer("x", "FP32", [1], double.NaN), new Signature([new TensorSpec("x", "FP32", [1])]))
        );

    [Fact]
    public void A_missing_output_another_datatype_and_another_shape_are_found()
    {
        Assert.Equal(ContractRule.Presence, Rule(Answer("cost", "FP32", [1, 1], 1)));
        Assert.Equal(ContractRule.Datatype, Rule(Answer("price", "FP64", [1, 1], 1)));
        Assert.Equal(ContractRule.Shape, Rule(Answer("price", "FP32", [1, 2], 1, 1)));
        Assert.Equal(ContractRule.Shape, Rule(Answer("price", "FP32", [1], 1)));

        static ContractRule Rule(TypedAnswer answer) => Assert.Single(AnswerCheck.Check(answer, Declared)).Rule;
    }

    [Fact]
    public void A_label_that_was_not_declared_is_found_and_a_long_one_is_shortened()
    {
        var declared = new Signature([
            new TensorSpec("cut", "BYTES", [-1])
            {
                Labels = new HashSet<string> { "Good", "Ideal" },
            },
        ]);
        Assert.Empty(AnswerCheck.Check(Cuts("Ideal", "Good"), declared));
        AnswerFinding found = Assert.Single(AnswerCheck.Check(Cuts("Good", new string('x', 500)), declared));
        Assert.Equal(ContractRule.Labels, found.Rule);
        Assert.Contains("and only Good, Ideal are declared", found.Detail, StringComparison.Ordinal);
        Assert.True(found.Detail.Length < 160, found.Detail);

        static TypedAnswer Cuts(params string[] cuts) =>
            new([new TypedTensor("cut", "BYTES", [cuts.Length]) { Texts = cuts }]);
    }

    [Fact]
    public void Extra_outputs_are_no_finding() =>
        Assert.Empty(
            AnswerCheck.Check(
                new TypedAnswer([
                    .. Answer("price", "FP32", [1, 1], 1).Tensors,
                    .. Answer("why", "FP32", [1], -7).Tensors,
                ]),
                Declared
            )
        );

    [Fact]
    public void An_answer_without_datatypes_is_judged_by_its_values()
    {
        TypedAnswer answer = TensorFlowServingReader.ReadResponse("""{"predictions":[[12.5],[13]]}"""u8).Value;
        Assert.Empty(AnswerCheck.Check(answer, Declared));
        Signature whole = new([new TensorSpec("class", "INT32", [-1, 1])]);
        Assert.Equal(ContractRule.Datatype, Assert.Single(AnswerCheck.Check(answer, whole)).Rule);
    }

    private static TypedAnswer Answer(string name, string datatype, long[] shape, params double[] numbers) =>
        new([new TypedTensor(name, datatype, shape) { Numbers = numbers }]);
}
