using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gherkin;
using Gherkin.Ast;
using Handover.Core.Catalog;
using Handover.Tests.Contracts;
using Xunit;

namespace Handover.Tests.Catalog;

/// <summary>
/// flagd's own evaluator suite against Core's rules. Every row is a case; a phrase that is not known fails, so that no
/// case passes by being skipped.
/// </summary>
public sealed partial class FlagdConformanceTests
{
    private static readonly Lazy<FlagdFile> Flags = new(() =>
        new FlagdFile(File.ReadAllText(Path.Combine(Conformance.Folder("flagd"), "flags", "testkit-flags.json")))
    );

    [Theory]
    [InlineData("disabled")]
    [InlineData("errors")]
    [InlineData("evaluation")]
    [InlineData("evaluator-refs")]
    [InlineData("fractional")]
    [InlineData("metadata")]
    [InlineData("no-default-variant")]
    [InlineData("semver")]
    [InlineData("string")]
    [InlineData("targeting")]
    [InlineData("zero-values")]
    public void Every_case_of_the_suite_holds(string feature)
    {
        string file = Path.Combine(Conformance.Folder("flagd"), "gherkin", $"{feature}.feature");
        GherkinDocument document = new Parser().Parse(file);
        int cases = 0;
        foreach (Scenario scenario in document.Feature.Children.OfType<Scenario>())
        {
            foreach (Dictionary<string, string> row in Rows(scenario))
            {
                Run(scenario, row);
                cases++;
            }
        }

        Assert.True(cases > 0, $"{file} has no case");
    }

    [Fact]
    public void The_suite_is_whole()
    {
        int cases = Directory
            .GetFiles(Path.Combine(Conformance.Folder("flagd"), "gherkin"))
            .SelectMany(f => new Parser().Parse(f).Feature.Children.OfType<Scenario>())
            .Sum(s => Rows(s).Count());
        Assert.Equal(125, cases);
    }

    private static IEnumerable<Dictionary<string, string>> Rows(Scenario scenario)
    {
        static bool Old(IHasTags tagged) => tagged.Tags.Any(t => t.Name == "@fractional-v1");
        if (Old(scenario))
        {
            return [];
        }

        return scenario.Examples.Any()
            ? scenario.Examples.Where(e => !Old(e)).SelectMany(e => e.TableBody.Select(r => Row(e.TableHeader, r)))
            :
            [
                [],
            ];
    }

    private static Dictionary<string, string> Row(TableRow header, TableRow row) =>
        header.Cells.Zip(row.Cells).ToDictionary(c => c.First.Value, c => c.Second.Value);

    private static void Run(Scenario scenario, Dictionary<string, string> row)
    {
        var world = new World();
        foreach (Step step in scenario.Steps)
        {
            string text = row.Aggregate(step.Text, (t, cell) => t.Replace($"<{cell.Key}>", cell.Value));
            string at = $"{scenario.Name}: {text} [{string.Join(", ", row.Values)}]";
            world.Do(text, step.DataTable, at);
        }
    }

    private sealed partial class World
    {
        private readonly Dictionary<string, RuleValue> _context = [];
        private string? _entity;
        private string _key = "";
        private string _type = "";
        private string _fallback = "";
        private FlagdAnswer? _answer;

        public void Do(string text, DataTable? table, string at)
        {
            List<string> quoted = [.. Quoted().Matches(text).Select(m => m.Groups[1].Value.Replace("\\\"", "\""))];
            switch (Quoted().Replace(text, "X"))
            {
                case "an evaluator":
                    break;
                case var s when s.EndsWith("-flag with key X and a fallback value X", StringComparison.Ordinal):
                    (_type, _key, _fallback) = (
                        text[2..text.IndexOf("-flag", StringComparison.Ordinal)],
                        quoted[0],
                        quoted[1]
                    );
                    _type = _type.TrimStart();
                    break;
                case "a context containing a key X, with type X and with value X":
                    _context[quoted[0]] = Typed(quoted[1], quoted[2]);
                    break;
                case "a context containing a nested property with outer key X and inner key X, with value X":
                    var inner = new Dictionary<string, RuleValue> { [quoted[1]] = Typed("String", quoted[2]) };
                    _context[quoted[0]] = RuleValue.Of(inner);
                    break;
                case "a context containing a targeting key with value X":
                    _entity = quoted[0];
                    break;
                case "the flag was evaluated with details":
                    _answer = Flags.Value.Evaluate(_key, RuleValue.Of(_context), _entity, _type);
                    break;
                case "the resolved details value should be X":
                    AssertValue(quoted[0], at);
                    break;
                case "the reason should be X":
                    Assert.True(quoted[0] == _answer!.Reason, $"{at}: {_answer.Reason}");
                    break;
                case "the error-code should be X":
                    Assert.True(quoted[0] == _answer!.Error, $"{at}: {_answer.Error}");
                    break;
                case "the resolved metadata is empty":
                    Assert.True(_answer!.Metadata.ValueKind == JsonValueKind.Undefined, at);
                    break;
                case "the resolved metadata should contain":
                    AssertMetadata(table!);
                    break;
                default:
                    Assert.Fail($"no step for: {text}");
                    break;
            }
        }

        private void AssertValue(string expected, string at)
        {
            if (_answer!.Value.ValueKind == JsonValueKind.Undefined)
            {
                Assert.True(expected == _fallback, $"{at}: no value, fallback {_fallback}");
                return;
            }

            JsonElement value = _answer.Value;
            bool same = value.ValueKind switch
            {
                JsonValueKind.String => value.GetString() == expected,
                JsonValueKind.Number => value.GetDouble() == double.Parse(expected, CultureInfo.InvariantCulture),
                JsonValueKind.Object => JsonElement.DeepEquals(value, JsonDocument.Parse(expected).RootElement),
                _ => value.GetRawText() == expected,
            };
            Assert.True(same, $"{at}: {value}");
        }

        private void AssertMetadata(DataTable table)
        {
            foreach (TableRow row in table.Rows.Skip(1))
            {
                string[] cells = [.. row.Cells.Select(c => c.Value)];
                Assert.Equal(cells[2], _answer!.Metadata.GetProperty(cells[0]).ToString().ToLowerInvariant());
            }
        }

        private static RuleValue Typed(string type, string value) =>
            type switch
            {
                "Integer" or "Float" => RuleValue.Of(double.Parse(value, CultureInfo.InvariantCulture)),
                "Boolean" => RuleValue.Of(value == "true"),
                _ => RuleValue.Of(value),
            };

        [GeneratedRegex("\"((?:[^\"\\\\]|\\\\.)*)\"")]
        private static partial Regex Quoted();
    }
}
