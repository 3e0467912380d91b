using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>Which paths a triple counts at, and that both others are held against the first answer.</summary>
public sealed class TripleComparisonTests
{
    [Fact]
    public void Every_path_is_told_also_those_in_which_nothing_differs()
    {
        IReadOnlyList<TriplePath> paths = TripleComparison.Compare(
            Read("""{"a":1,"b":"x","list":[{"c":1},{"c":2}]}"""),
            Read("""{"a":1,"b":"y","list":[{"c":1},{"c":2}]}"""),
            Read("""{"a":9,"b":"z","list":[{"c":1},{"c":7}]}""")
        );
        Assert.Equal(
            [
                new TriplePath("(outcome)", false, false),
                new TriplePath("/a", false, true),
                new TriplePath("/b", true, true),
                new TriplePath("/list/*/c", false, true),
            ],
            paths
        );
    }

    [Fact]
    public void A_failure_is_a_path_of_its_own()
    {
        Result<TypedAnswer> answer = Read("""{"a":1}""");
        Result<TypedAnswer> failure = new Problem("failed", "500");
        Assert.Equal(
            [new TriplePath("(outcome)", false, true), new TriplePath("/a", false, false)],
            TripleComparison.Compare(answer, answer, failure)
        );
        Assert.Equal(
            [new TriplePath("(outcome)", true, false), new TriplePath("/a", false, false)],
            TripleComparison.Compare(answer, failure, answer)
        );
    }

    [Fact]
    public void What_is_ignored_is_no_path()
    {
        var rules = new Tolerances { Kinds = new Dictionary<string, OutputKind> { ["/took"] = OutputKind.Ignored } };
        Result<TypedAnswer> answer = Read("""{"took":1,"a":1}""");
        Assert.Equal(["(outcome)", "/a"], TripleComparison.Compare(answer, answer, answer, rules).Select(p => p.Path));
    }

    private static Result<TypedAnswer> Read(string json) =>
        AnswerReader.Read(Handover.Core.Catalog.WireProtocol.Json, Encoding.UTF8.GetBytes(json));
}
