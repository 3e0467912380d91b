using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Handover.Tests.House;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// The kinds of changes that schema registries know, each with the verdict that is right: what may be emitted is
/// accepted, or not. <c>undecided</c> stands where the writer does not declare what would decide.
/// </summary>
public sealed class CompatibilityCaseTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_case_gets_the_verdict_that_is_right()
    {
        var wrong = new List<string>();
        int undecided = 0;
        string[] lines = Repository.Lines("testdata/contracts/compatibility.ndjson");
        foreach (string line in lines)
        {
            using JsonDocument test = JsonDocument.Parse(line);
            string name = test.RootElement.GetProperty("name").GetString()!;
            JsonSchema writer = Compile(test.RootElement.GetProperty("writer"));
            JsonSchema reader = Compile(test.RootElement.GetProperty("reader"));
            IReadOnlyList<SchemaVerdict> found = SchemaCompatibility.Check(writer, reader);
            string verdict =
                found.Count == 0 ? "holds"
                : found.Any(v => v.Outcome == ContractOutcome.Breaks) ? "breaks"
                : "undecided";
            undecided += verdict == "undecided" ? 1 : 0;
            if (verdict != test.RootElement.GetProperty("verdict").GetString())
            {
                string why = found.Count == 0 ? "" : $": {found[0].Path} {found[0].Rule} {found[0].Why}";
                wrong.Add($"{name} is {verdict}{why}");
            }
        }

        output.WriteLine(string.Join('\n', wrong));
        Assert.Empty(wrong);
        Assert.True(lines.Length >= 150, $"{lines.Length} cases");
        Assert.True(undecided <= lines.Length / 10, $"{undecided} of {lines.Length} are undecided");
    }

    [Fact]
    public void A_long_list_is_compared_to_its_last_place()
    {
        SchemaVerdict verdict = Assert.Single(SchemaCompatibility.Check(Tuple(1_500, ""), Tuple(1_500, "string")));
        Assert.Equal("/1400", verdict.Path);
        Assert.Empty(SchemaCompatibility.Check(Tuple(1_500, "integer"), Tuple(1_499, "integer")));
    }

    [Fact]
    public void A_release_says_the_same_to_a_consumer_whoever_asked_before()
    {
        JsonElement[] tests =
        [
            .. Repository
                .Lines("testdata/contracts/compatibility.ndjson")
                .Select(line => JsonDocument.Parse(line).RootElement),
        ];
        Signature Written(JsonElement schema, string file) =>
            new([]) { Document = new ContractDocument(ContractDocumentKind.Schema, file, schema.GetRawText()) };
        Consumer[] consumers =
        [
            .. tests
                .Take(40)
                .Select(
                    (test, i) =>
                        new Consumer(
                            $"c{i:00}",
                            "s",
                            ConsumerRole.Decision,
                            Written(test.GetProperty("reader"), $"{i}.json")
                        )
                ),
        ];
        foreach (JsonElement test in tests.Take(40))
        {
            var release = new Release
            {
                Name = "v1",
                Service = "s",
                Members = new Dictionary<string, Member>(),
                Output = Written(test.GetProperty("writer"), "writer.json"),
            };
            ContractMatrix together = ContractMatrix.Of(consumers, release, null);
            foreach (Consumer consumer in consumers)
            {
                Assert.Equal(
                    ContractMatrix.Of([consumer], release, null).Verdicts.Select(Shown),
                    together.Verdicts.Where(v => v.Consumer == consumer.Name).Select(Shown)
                );
            }
        }

        static string Shown(ContractVerdict v) => $"{v.Outcome} {v.Rule} {v.Detail} {v.Fix} {v.Document}";
    }

    // So many whole numbers, but for the one at 1,400.
    private static JsonSchema Tuple(int places, string odd)
    {
        string[] items =
        [
            .. Enumerable
                .Range(0, places)
                .Select(i => i == 1_400 && odd.Length > 0 ? $$"""{"type":"{{odd}}"}""" : """{"type":"integer"}"""),
        ];
        string schema = $$"""{"type":"array","minItems":1500,"prefixItems":[{{string.Join(',', items)}}]}""";
        return JsonSchema.Compile(Encoding.UTF8.GetBytes(schema)).Value;
    }

    private static JsonSchema Compile(JsonElement schema) =>
        JsonSchema.Compile(Encoding.UTF8.GetBytes(schema.GetRawText())).Value;
}
