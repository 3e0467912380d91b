using System.Text;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Compatibility;
using Handover.Core.Contracts.Schemas;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>
/// Two schemas that differ everywhere: some places are listed, the rest is counted, and none is lost.
/// </summary>
public sealed class ManyFindingsTests
{
    [Fact]
    public void Places_beyond_those_that_are_listed_are_counted()
    {
        IReadOnlyList<SchemaVerdict> verdicts = SchemaCompatibility.Check(
            Schema(300, i => "\"string\""),
            Schema(300, i => "\"number\"")
        );
        Assert.Equal(201, verdicts.Count);
        Assert.Equal(200, verdicts.Count(v => v.Outcome == ContractOutcome.Breaks));
        Assert.Contains("and 100 more places", verdicts[^1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_break_is_listed_before_open_questions_that_were_found_first()
    {
        // 250 fields whose range is not declared, then one whose type is another.
        IReadOnlyList<SchemaVerdict> verdicts = SchemaCompatibility.Check(
            Schema(251, i => i < 250 ? "\"number\"" : "\"string\""),
            Schema(251, i => i < 250 ? "\"number\", \"minimum\": 0" : "\"number\"")
        );
        Assert.Contains(
            verdicts,
            v => v.Outcome == ContractOutcome.Breaks && v.Path.Contains("field250", StringComparison.Ordinal)
        );
        Assert.Contains("and 51 more places", verdicts[^1].Why, StringComparison.Ordinal);
    }

    private static JsonSchema Schema(int fields, Func<int, string> type)
    {
        IEnumerable<string> names = Enumerable.Range(0, fields).Select(i => $"\"field{i:000}\"");
        string properties = string.Join(", ", names.Select((n, i) => $"{n}: {{ \"type\": {type(i)} }}"));
        string text =
            $"{{ \"type\": \"object\", \"required\": [{string.Join(", ", names)}], \"properties\": {{ {properties} }} }}";
        return JsonSchema.Compile(Encoding.UTF8.GetBytes(text)).Value;
    }
}
