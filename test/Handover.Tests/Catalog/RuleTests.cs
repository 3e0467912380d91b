using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Testkit;
using Xunit;

namespace Handover.Tests.Catalog;

/// <summary>What rules promise beyond flagd's suite: refused when written, the same when stored, free to ask.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData("""{"near":[{"var":"x"},1]}""", "not supported")]
    [InlineData("""{"==":[1]}""", "does not take 1")]
    [InlineData("""{"in":[{"var":"x"},["a"]],"==":[1,1]}""", "exactly one operator")]
    [InlineData("""["a"]""", "exactly one operator")]
    [InlineData("""{"var":{"cat":["a","b"]}}""", "worked out")]
    [InlineData("""{"fractional":[["a",1],"b"]}""", "VARIANT")]
    public void What_cannot_mean_anything_is_refused_with_its_place(string json, string why)
    {
        Result<Rule> rule = RuleCodec.Parse(JsonDocument.Parse(json).RootElement);
        Problem problem = Assert.Single(rule.Problems);
        Assert.Contains(why, problem.Message + problem.Fix, StringComparison.Ordinal);
        Assert.StartsWith("when", problem.Field!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_nested_too_deep_is_refused_and_not_followed()
    {
        string deep =
            string.Concat(Enumerable.Repeat("""{"!":[""", 60)) + "1" + string.Concat(Enumerable.Repeat("]}", 60));
        using JsonDocument json = JsonDocument.Parse(deep, new JsonDocumentOptions { MaxDepth = 200 });
        Assert.Contains("levels", RuleCodec.Parse(json.RootElement).Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_survives_its_text()
    {
        Gen.Select(RuleGenerators.Rules, RuleGenerators.Attributes, Gen.String[Gen.Char.AlphaNumeric, 1, 8])
            .Sample(
                (rule, attributes, entity) =>
                {
                    Rule again = Rule.Read(rule.Json);
                    Assert.Equal(rule, again);
                    Assert.Equal(rule.Matches(attributes, entity, "s"), again.Matches(attributes, entity, "s"));
                },
                iter: 5_000
            );
    }

    [Fact]
    public void References_are_put_in_their_places_and_circles_are_refused()
    {
        var rules = new Dictionary<string, Rule>
        {
            ["internal"] = Rule.Read("""{"==":[{"var":"tenant"},"acme"]}"""),
            ["early"] = Rule.Read("""{"or":[{"$ref":"internal"},{"==":[{"var":"beta"},"yes"]}]}"""),
            ["round"] = Rule.Read("""{"!":[{"$ref":"round"}]}"""),
        };
        Rule early = RuleCodec.Resolve(rules["early"], rules.GetValueOrDefault).Value;
        Assert.Empty(early.References);
        Assert.Equal(["beta", "tenant"], early.Names);
        Assert.True(early.Matches(new Dictionary<string, string> { ["tenant"] = "acme" }));
        Assert.False(early.Matches(new Dictionary<string, string> { ["tenant"] = "self" }));
        Assert.False(RuleCodec.Resolve(rules["round"], rules.GetValueOrDefault).Ok);
        Result<Rule> unknown = RuleCodec.Resolve(rules["early"], _ => null);
        Assert.Contains("no segment 'internal'", unknown.Problems[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("007")]
    [InlineData(" 37 ")]
    [InlineData("999999999999999")]
    [InlineData("9007199254740993")]
    [InlineData("123456789012345678901")]
    [InlineData("-12")]
    [InlineData("1.5")]
    [InlineData("2e3")]
    public void A_text_counts_as_the_number_that_it_reads_as(string text) =>
        Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), RuleValue.Of(text).Number);

    [Theory]
    [InlineData("1 2")]
    [InlineData("٣")]
    [InlineData("12a")]
    public void A_text_that_is_no_number_has_none(string text) => Assert.True(double.IsNaN(RuleValue.Of(text).Number));

    [Fact]
    public void Twenty_rules_are_asked_without_a_byte()
    {
        Routing routing = TwentyRules();
        var attributes = new Dictionary<string, string>
        {
            ["tenant"] = "globex",
            ["country"] = "de",
            ["version"] = "2.3.4-rc.1",
            ["age"] = "37",
        };
        for (int i = 0; i < 20_000; i++)
        {
            Assignment.Assign(routing, "c-1", attributes);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20_000; i++)
        {
            Assignment.Assign(routing, "c-1", attributes);
        }

        double micros = Stopwatch.GetElapsedTime(began).TotalMicroseconds / 20_000;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        TestContext.Current.SendDiagnosticMessage($"20 rules: {micros:0.00} us (Debug)");
    }

    /// <summary>Twenty segments of every operator that allocates nothing, none of which matches.</summary>
    internal static Routing TwentyRules()
    {
        string[] rules =
        [
            """{"==":[{"var":"tenant"},"acme"]}""",
            """{"in":[{"var":"tenant"},["acme","self","initech","umbrella"]]}""",
            """{"starts_with":[{"var":"tenant"},"acm"]}""",
            """{"ends_with":[{"var":"tenant"},"corp"]}""",
            """{"sem_ver":[{"var":"version"},">=","3.0.0"]}""",
            """{"and":[{"==":[{"var":"country"},"de"]},{">":[{"var":"age"},64]}]}""",
            """{"or":[{"==":[{"var":"country"},"fr"]},{"<":[{"var":"age"},18]}]}""",
            """{"!":[{"in":["lob",{"var":"tenant"}]}]}""",
            """{"fractional":[{"cat":["beta:",{"var":"tenant"}]},[false,99999],[true,1]]}""",
            """{"if":[{"==":[{"var":"country"},"us"]},true,false]}""",
        ];
        return new Routing("price", "v1")
        {
            Candidate = "v2",
            Salt = "s",
            Segments =
            [
                .. rules
                    .Concat(rules)
                    .Select((r, i) => new SegmentShare(new Segment($"s{i}", Rule.Read(r)), Share.FromPercent(1 + i))),
            ],
        };
    }
}
