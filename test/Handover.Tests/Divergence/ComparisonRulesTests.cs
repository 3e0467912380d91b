using System.Text;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>What an output is comes from the protocol, then the releases, then the plan, path by path.</summary>
public sealed class ComparisonRulesTests
{
    private const string Plan = """
        apiVersion: handover.dev/v1
        kind: Rollout
        metadata: { name: r, service: s }
        spec:
          to: v2
          compare:
            - { path: price, absolute: 50, relative: 0 }
            - { path: order, as: ranking, likeness: 90% }
            - { path: /debug, as: ignored }
            - { path: /items/*/score, ulps: 4, variation: 2.5%, threshold: 0.8, harm: up }
        """;

    [Fact]
    public void A_ranking_is_compared_as_one_when_the_release_says_so()
    {
        byte[] before = Tensor("order", "BYTES", "\"a\",\"b\",\"c\",\"d\"");
        byte[] after = Tensor("order", "BYTES", "\"a\",\"d\",\"c\",\"b\"");
        Signature declared = new([new TensorSpec("order", "BYTES", [4]) { As = OutputKind.Ranking }]);
        Assert.Contains("became", Detail(Rules(null, []), before, after), StringComparison.Ordinal);
        Assert.Contains("rank-biased", Detail(Rules(declared, []), before, after), StringComparison.Ordinal);

        // What the plan says of a path goes before what the release declares.
        PathTolerance looser = new("order") { Likeness = 0.5 };
        Assert.Null(Detail(Rules(declared, [looser]), before, after));
        PathTolerance other = new("order") { As = OutputKind.Label };
        Assert.Contains("became", Detail(Rules(declared, [other]), before, after), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tolerance_of_a_path_is_for_that_path_and_below_it()
    {
        Tolerances rules = Rules(
            null,
            [new PathTolerance("/a") { Absolute = 10 }, new PathTolerance("/a/b") { Absolute = 0, Relative = 0 }]
        );
        Assert.Equal(["/c"], Differing(rules, """{"a":{"x":1,"b":1},"c":1}""", """{"a":{"x":5,"b":1},"c":5}"""));
        Assert.Equal(
            ["/a/b"],
            Differing(rules, """{"a":{"x":1,"b":1.00},"c":1}""", """{"a":{"x":5,"b":1.01},"c":1.01}""")
        );
    }

    [Fact]
    public void What_a_line_does_not_say_stays_as_it_is_above_its_path()
    {
        PathTolerance[] plan =
        [
            new("/a/b") { Relative = 0 },
            new("/a") { Absolute = 10 },
            new("/debug") { As = OutputKind.Ignored },
            new("/debug/ms") { Absolute = 1 },
        ];
        Tolerances rules = Rules(null, plan);
        Assert.Equal((10.0, 0.0), (rules.For("/a/b").Absolute, rules.For("/a/b").Relative));
        Assert.Equal((10.0, 0.05), (rules.For("/a/c").Absolute, rules.For("/a/c").Relative));
        Assert.Empty(
            Differing(rules, """{"a":{"b":100},"debug":{"ms":1}}""", """{"a":{"b":109},"debug":{"ms":900}}""")
        );
        Assert.Equal(["/a/b"], Differing(rules, """{"a":{"b":1000}}""", """{"a":{"b":1011}}"""));
    }

    [Theory]
    [InlineData("100", "103", true)]
    [InlineData("100", "100.0", false)]
    [InlineData("1e2", "100", false)]
    [InlineData("9007199254740993", "9007199254740992", true)]
    public void A_number_that_is_a_class_is_equal_or_not(string before, string after, bool differs)
    {
        Tolerances rules = Rules(null, [new PathTolerance("/class") { As = OutputKind.Label }]);
        string[] expected = differs ? ["/class"] : [];
        string a = $$"""{"x":1,"class":{{before}}}""";
        Assert.Equal(expected, Differing(rules, a, $$"""{"x":1,"class":{{after}}}"""));

        // Another order of members is compared by the tree, and means the same.
        Assert.Equal(expected, Differing(rules, a, $$"""{"class":{{after}},"x":1}"""));
    }

    [Fact]
    public void What_is_ignored_may_be_missing_extra_or_of_another_type()
    {
        Tolerances rules = Rules(null, [new PathTolerance("/debug") { As = OutputKind.Ignored }]);
        Assert.Empty(Differing(rules, """{"a":1,"debug":{"ms":3}}""", """{"a":1}"""));
        Assert.Empty(Differing(rules, """{"a":1}""", """{"debug":[1,2],"a":1}"""));
        Assert.Empty(Differing(rules, """{"a":1,"debug":3}""", """{"a":1,"debug":"x"}"""));
        Assert.Equal(["/debugger"], Differing(rules, """{"a":1,"debugger":3}""", """{"a":1,"debugger":7}"""));
    }

    [Fact]
    public void Chat_answers_are_texts_and_their_token_counts_no_difference()
    {
        Tolerances rules = ComparisonRules.Of(WireProtocol.OpenAi, null, null, false, []);
        Difference same = Compare(
            WireProtocol.OpenAi,
            rules,
            Chat("It is a fine stone.", 5),
            Chat("it is a fine stone", 7)
        );
        Assert.False(same.Differs, string.Join("; ", same.Paths.Select(p => p.Detail)));
        Assert.True(Compare(WireProtocol.OpenAi, rules, Chat("It is fine.", 5), Chat("I cannot say that.", 5)).Differs);
    }

    [Fact]
    public void A_cosine_needs_one_space_that_both_declare()
    {
        Assert.False(Rules(null, []).SameSpace);
        Assert.True(ComparisonRules.Of(WireProtocol.OpenInference, null, null, true, []).SameSpace);
    }

    [Fact]
    public void A_plan_is_read_written_and_read_again_as_the_same()
    {
        Resource only = Assert.Single(ResourceReader.Read(Plan, "r.yaml").Value.Resources);
        RolloutPlan plan = Assert.IsType<Resource.OfRollout>(only).Value;
        Assert.Equal(
            [
                new PathTolerance("price") { Absolute = 50, Relative = 0 },
                new PathTolerance("order") { As = OutputKind.Ranking, Likeness = 0.9 },
                new PathTolerance("/debug") { As = OutputKind.Ignored },
                new PathTolerance("/items/*/score")
                {
                    Ulps = 4,
                    Variation = 0.025,
                    Threshold = 0.8,
                    Harm = HarmfulFlip.Up,
                },
            ],
            plan.Compare
        );
        string written = ResourceWriter.ToYaml(only);
        Resource again = Assert.Single(ResourceReader.Read(written, "r.yaml").Value.Resources);
        Assert.Equal(plan.Compare, Assert.IsType<Resource.OfRollout>(again).Value.Compare);
    }

    [Fact]
    public void Whatever_decides_what_is_the_same_is_part_of_the_hash()
    {
        Tolerances plain = Rules(null, []);
        PathTolerance[] lines =
        [
            new("a") { Absolute = 1 },
            new("a") { Relative = 1 },
            new("a") { Ulps = 1 },
            new("a") { Threshold = 1 },
            new("a") { Threshold = 1, Harm = HarmfulFlip.Down },
            new("a") { Variation = 1 },
            new("a") { Likeness = 1 },
            new("a") { As = OutputKind.Label },
            new("b") { As = OutputKind.Label },
        ];
        string[] all =
        [
            plain.Fingerprint(),
            (plain with { SameSpace = true }).Fingerprint(),
            .. lines.Select(l => Rules(null, [l]).Fingerprint()),
        ];
        Assert.Equal(all.Length, all.Distinct().Count());
        PathTolerance[] turned = [lines[8], lines[0]];
        Assert.Equal(Rules(null, [lines[0], lines[8]]).Fingerprint(), Rules(null, turned).Fingerprint());
    }

    [Theory]
    [InlineData("{ path: a, as: rankin }", "ranking")]
    [InlineData("{ as: text }", "path")]
    [InlineData("{ path: a, absolute: -1 }", "below 0")]
    [InlineData("{ path: a, likeness: 120% }", "likeness")]
    [InlineData("{ path: price }", "twice")]
    [InlineData("{ path: a, harm: up }", "needs a threshold")]
    [InlineData("{ path: a, threshold: 1, harm: upwards }", "up")]
    [InlineData("{ path: /items/0/score, ulps: 1 }", "/items/*/score")]
    [InlineData("{ path: /a~b, ulps: 1 }", "matches no answer")]
    public void A_wrong_line_is_told_with_its_place(string line, string told)
    {
        Result<ResourceSet> read = ResourceReader.Read($"{Plan}\n    - {line}\n", "r.yaml");
        Assert.Contains(told, string.Join('\n', read.Problems), StringComparison.Ordinal);
        Assert.All(read.Problems, p => Assert.Equal(11, p.Line));
    }

    private static Tolerances Rules(Signature? declared, IReadOnlyList<PathTolerance> plan) =>
        ComparisonRules.Of(WireProtocol.OpenInference, declared, null, false, plan);

    private static IEnumerable<string> Differing(Tolerances rules, string a, string b) =>
        Compare(WireProtocol.Json, rules, Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b))
            .Paths.Select(p => p.Path);

    private static string? Detail(Tolerances rules, byte[] a, byte[] b) =>
        Compare(WireProtocol.OpenInference, rules, a, b).Paths is [var only] ? only.Detail : null;

    private static Difference Compare(WireProtocol protocol, Tolerances rules, byte[] a, byte[] b) =>
        AnswerComparison.Compare(protocol, a, b, rules);

    private static byte[] Tensor(string name, string datatype, string data) =>
        Encoding.UTF8.GetBytes(
            $$"""{"model_name":"m","outputs":[{"name":"{{name}}","datatype":"{{datatype}}","shape":[4],"data":[{{data}}]}]}"""
        );

    private static byte[] Chat(string text, int tokens) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"id":"1","object":"chat.completion","model":"m","choices":[ {"index":0,"finish_reason":"stop",
             "message": {"role":"assistant","content":"{{text}}"} } ],
             "usage":{"prompt_tokens":3,"completion_tokens":{{tokens}},"total_tokens":{{3 + tokens}} } }
            """
        );
}
