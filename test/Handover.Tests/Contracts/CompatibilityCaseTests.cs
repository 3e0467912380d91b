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

    private static JsonSchema Compile(JsonElement schema) =>
        JsonSchema.Compile(Encoding.UTF8.GetBytes(schema.GetRawText())).Value;
}
