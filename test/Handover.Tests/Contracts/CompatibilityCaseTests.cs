using System.Text;
using System.Text.Json;
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
