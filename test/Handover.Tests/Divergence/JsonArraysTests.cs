using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>
/// Lists of plain JSON that the plan calls a ranking, probabilities, boxes or vectors are compared as that, and mean
/// the same as a tensor with the same values.
/// </summary>
public sealed class JsonArraysTests
{
    [Theory]
    [InlineData("ranking", """["a","b","c","d"]""", """["a","x","y","z"]""", "Value")]
    [InlineData("ranking", """["a","b","c","d"]""", """["b","a","c","d"]""", "Value")]
    [InlineData("ranking", """["a","b","c","d"]""", """["a","b","c","d"]""", null)]
    [InlineData("ranking", """["a","b","c","d"]""", """["a","b","c"]""", null)]
    [InlineData("ranking", """["a","b","c","d"]""", "[]", "Value")]
    [InlineData("ranking", """["a","b"]""", """[1,2]""", "Type")]
    [InlineData("probabilities", "[0.70,0.20,0.10]", "[0.68,0.22,0.10]", null)]
    [InlineData("probabilities", "[0.70,0.20,0.10]", "[0.20,0.70,0.10]", "Value")]
    [InlineData("probabilities", "[[0.7,0.3],[0.6,0.4]]", "[[0.7,0.3],[0.4,0.6]]", "Value")]
    [InlineData("probabilities", "[0.7,0.3]", "[0.7,0.2,0.1]", "Shape")]
    [InlineData("boxes", "[[0,0,10,10],[20,20,30,30]]", "[[20,20,30,30],[0,0,10,10]]", null)]
    [InlineData("boxes", "[[0,0,10,10],[20,20,30,30]]", "[[0,0,10,10]]", "Value")]
    [InlineData("boxes", "[]", "[]", null)]
    [InlineData("boxes", "[]", "[[0,0,10,10]]", "Value")]
    [InlineData("embedding", "[1,0,0]", "[0.999,0.01,0]", null)]
    [InlineData("embedding", "[1,0,0]", "[0,1,0]", "Value")]
    public void A_list_is_compared_as_what_the_plan_calls_it(string kind, string before, string after, string? expected)
    {
        string a = $$"""{"out":{{before}},"note":"same"}""";
        Difference found = Compare(a, $$"""{"out":{{after}},"note":"same"}""", "/out", kind);
        Assert.Equal(expected, found.Paths.SingleOrDefault()?.Kind.ToString());
        Assert.All(found.Paths, p => Assert.Equal("/out", p.Path));
        Assert.False(Compare(a, $$"""{"note":"same","out":{{before}}}""", "/out", kind).Differs);
    }

    [Fact]
    public void Lists_of_the_items_of_a_list_are_one_path_with_a_count()
    {
        const string Before = """{"items":[{"order":["a","b"]},{"order":["c","d"]},{"order":["e","f"]}]}""";
        const string After = """{"items":[{"order":["b","a"]},{"order":["c","d"]},{"order":["f","e"]}]}""";
        PathDifference path = Compare(Before, After, "/items/*/order", "ranking").Paths.Single();
        Assert.Equal(("/items/*/order", 2), (path.Path, path.Count));
    }

    [Theory]
    [InlineData("""[1,"a"]""", """[1,"b"]""", "/out/*", "Value")]
    [InlineData("""{"x":1}""", """{"x":2}""", "/out/x", "Value")]
    [InlineData("""[[1,2],[3]]""", """[[1,2],[9]]""", "/out/*/*", "Value")]
    [InlineData("[1,2]", "7", "/out/*", "Missing")]
    public void What_is_no_regular_list_is_compared_leaf_by_leaf(string before, string after, string path, string kind)
    {
        Difference found = Compare($$"""{"out":{{before}}}""", $$"""{"out":{{after}}}""", "/out", "ranking");
        Assert.Contains(found.Paths, p => p.Path == path && p.Kind.ToString() == kind);
    }

    [Fact]
    public void A_list_without_a_name_in_the_plan_is_compared_item_by_item()
    {
        Difference found = AnswerComparison.Compare(WireProtocol.Json, """{"a":[1,2]}"""u8, """{"a":[2,1]}"""u8);
        Assert.Equal("/a/*", found.Paths.Single().Path);
    }

    [Fact]
    public void A_path_that_never_differs_is_counted_under_the_name_of_its_list()
    {
        var answer = AnswerReader.Read(WireProtocol.Json, """{"out":["a","b"],"n":1}"""u8);
        IReadOnlyList<TriplePath> paths = TripleComparison.Compare(answer, answer, answer, Rules("/out", "ranking"));
        Assert.Equal(["(outcome)", "/n", "/out"], paths.Select(p => p.Path));
    }

    private static Difference Compare(string before, string after, string path, string kind) =>
        AnswerComparison.Compare(
            WireProtocol.Json,
            Encoding.UTF8.GetBytes(before),
            Encoding.UTF8.GetBytes(after),
            Rules(path, kind)
        );

    private static Tolerances Rules(string path, string kind) =>
        ComparisonRules.Of(
            WireProtocol.Json,
            null,
            null,
            sameSpace: true,
            [new PathTolerance(path) { As = Enum.Parse<OutputKind>(kind, ignoreCase: true) }]
        );
}
