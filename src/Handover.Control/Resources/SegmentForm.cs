using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Resources;

/// <summary>The <c>spec</c> of a Segment: JSONLogic written as YAML.</summary>
internal static class SegmentForm
{
    public static Segment Read(string name, FieldCursor spec)
    {
        var nobody = new Segment(name, Rule.Nobody);
        if (spec.Rule("when") is not { } when)
        {
            return nobody;
        }

        using var json = JsonDocument.Parse(JsonText.Of(when));
        Result<Rule> rule = RuleCodec.Parse(json.RootElement, $"{spec.Path}.when");
        if (rule.Ok && rule.Value.Names.Contains("$flagd.timestamp"))
        {
            spec.Log.Add(
                "bad-rule",
                when,
                $"{spec.Path}.when",
                "a segment that depends on the time would move entities without a move.",
                "Give the phase a time instead: shift {segment, share, for}."
            );
            return nobody;
        }

        if (rule.Ok)
        {
            return nobody with { When = rule.Value };
        }

        foreach (Problem problem in rule.Problems)
        {
            // The rule knows its path and not its place; the line of the rule's start is near enough.
            spec.Log.Add(problem.Code, when, problem.Field, problem.Message, problem.Fix);
        }

        return nobody;
    }
}
