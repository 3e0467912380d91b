using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>Declared = served, for metadata.</summary>
public sealed class DeclaredServedTests
{
    private static readonly Signature Declared = new([new TensorSpec("price", "FP32", [-1, 1]) { Unit = "USD" }]);

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(-1, -1)]
    public void A_free_or_symbolic_size_that_is_served_agrees(long rows, long columns) =>
        Assert.Empty(DeclaredServed.Compare(Declared, Served("price", "FP32", rows, columns)));

    [Fact]
    public void Another_datatype_is_found_even_when_it_would_fit()
    {
        ServedFinding finding = Assert.Single(DeclaredServed.Compare(Declared, Served("price", "FP64", -1, 1)));
        Assert.Equal(
            ("/outputs/price", ContractRule.Datatype, "FP32", "FP64"),
            (finding.Path, finding.Rule, finding.Declared, finding.Served)
        );
    }

    [Fact]
    public void A_fixed_size_never_stands_for_a_declared_free_one()
    {
        ServedFinding finding = Assert.Single(DeclaredServed.Compare(Declared, Served("price", "FP32", 1, 1)));
        Assert.Equal(ContractRule.Shape, finding.Rule);
        Assert.Contains("dimension 0 is declared free and served as 1", finding.Detail);
    }

    [Fact]
    public void A_missing_batch_dimension_is_named_as_what_it_is() =>
        Assert.Contains(
            "no batch dimension",
            Assert.Single(DeclaredServed.Compare(Declared, Served("price", "FP32", 1))).Detail
        );

    [Fact]
    public void A_renamed_output_is_missing_under_one_name_and_undeclared_under_the_other()
    {
        IReadOnlyList<ServedFinding> findings = DeclaredServed.Compare(Declared, Served("variable", "FP32", -1, 1));
        Assert.Equal(["/outputs/price", "/outputs/variable"], findings.Select(f => f.Path));
        Assert.All(findings, f => Assert.Equal(ContractRule.Presence, f.Rule));
        Assert.Contains("the loaded member has variable", findings[0].Detail);
    }

    private static Signature Served(string name, string datatype, params long[] shape) =>
        new([new TensorSpec(name, datatype, shape)]);
}
