using System.Globalization;
using System.Text.RegularExpressions;
using Handover.Core.Contracts.Schemas;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Pacts;

/// <summary>
/// The matching rules of one part of a message, by path. Where several paths fit, the most specific one rules: a name
/// weighs more than a star, and a longer path more than a shorter one (Pact specification, version 3).
/// </summary>
internal sealed class PactRules
{
    private readonly List<(string[] Path, PactRule Rule)> _rules = [];

    /// <summary>No rules.</summary>
    public static PactRules None { get; } = new();

    /// <summary>Reads a category of <c>matchingRules</c>; <paramref name="at"/> is -1 where there is none.</summary>
    public static PactRules Read(JsonText text, int at)
    {
        var rules = new PactRules();
        JsonView view = text.View;
        if (at < 0 || view.Tokens[at].Kind != JsonKind.Object)
        {
            return rules;
        }

        if (view.Find(at, "matchers"u8) >= 0)
        {
            rules._rules.Add((["$"], PactRule.Read(text, at)));
            return rules;
        }

        foreach (int value in view.Children(at))
        {
            string path = view.NameOf(value);
            rules._rules.Add((path.StartsWith('$') ? Split(path) : ["$", path], PactRule.Read(text, value)));
        }

        return rules;
    }

    /// <summary>The rule for a path; null when none. A rule reaches down to all that is below its path.</summary>
    public PactRule? For(IReadOnlyList<string> path)
    {
        PactRule? best = null;
        (int Weight, int Length) most = (0, 0);
        foreach ((string[] expression, PactRule rule) in _rules)
        {
            int weight = Weight(expression, path);
            (int, int) mine = (weight, expression.Length);
            if (weight > 0 && mine.CompareTo(most) > 0)
            {
                (best, most) = (rule, mine);
            }
        }

        return best;
    }

    /// <summary>Whether a rule with a star speaks of the children of a path: further ones are welcome.</summary>
    public bool HasStarBelow(IReadOnlyList<string> path) =>
        _rules.Exists(r => r.Path.Length == path.Count + 1 && r.Path[^1] == "*" && Weight(r.Path[..^1], path) > 0);

    private static int Weight(string[] expression, IReadOnlyList<string> path)
    {
        if (expression.Length > path.Count)
        {
            return 0;
        }

        int weight = 1;
        for (int i = 0; i < expression.Length; i++)
        {
            bool number = path[i].StartsWith('#');
            weight *=
                expression[i] == path[i] ? 2
                : expression[i] == "*" && !number ? 1
                : expression[i] == "#*" && number ? 1
                : 0;
        }

        return weight;
    }

    /// <summary>Steps of a path: names as they are, places as #0, stars as * and #*.</summary>
    private static string[] Split(string path)
    {
        var steps = new List<string> { "$" };
        int at = 1;
        while (at < path.Length)
        {
            if (path[at] == '.')
            {
                int end = path.IndexOfAny(['.', '['], at + 1);
                end = end < 0 ? path.Length : end;
                steps.Add(path[(at + 1)..end]);
                at = end;
                continue;
            }

            int close = path.IndexOf(']', at);
            if (path[at] != '[' || close < 0)
            {
                // A path that cannot be read fits nothing.
                return ["$", "\0"];
            }

            string inside = path[(at + 1)..close];
            steps.Add(inside is ['\'' or '"', .., '\'' or '"'] ? inside[1..^1] : "#" + inside);
            at = close + 1;
        }

        return [.. steps];
    }

    /// <summary>The step to an item.</summary>
    public static string Place(int at) => "#" + at.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Matchers that hold together, or of which one must hold.</summary>
/// <param name="Matchers">The matchers.</param>
/// <param name="Any">Whether one is enough.</param>
internal sealed record PactRule(IReadOnlyList<PactMatcher> Matchers, bool Any)
{
    /// <summary>Whether the shape of containers is compared by example instead of item by item.</summary>
    public bool ByExample =>
        Matchers.Any(m => m.Name is "type" or "values" or "eachKey" or "eachValue" or "notEmpty" or "arrayContains");

    public PactMatcher? Find(string name) => Matchers.FirstOrDefault(m => m.Name == name);

    /// <summary>Reads one rule.</summary>
    public static PactRule Read(JsonText text, int at)
    {
        JsonView view = text.View;
        int list = view.Find(at, "matchers"u8);
        bool any = string.Equals(view.Member(at, "combine"u8), "OR", StringComparison.OrdinalIgnoreCase);
        int[] matchers = list < 0 ? [at] : view.Children(list);
        return new PactRule([.. matchers.Select(m => PactMatcher.Read(text, m))], any);
    }
}

/// <summary>One matcher with its arguments.</summary>
/// <param name="Name">E.g. <c>type</c>.</param>
/// <param name="Source">The matcher as it was written.</param>
internal sealed record PactMatcher(string Name, JsonValue Source)
{
    /// <summary>Reads one matcher; version 2 leaves the name out where a regex says it.</summary>
    public static PactMatcher Read(JsonText text, int at)
    {
        JsonView view = text.View;
        string name = view.Member(at, "match"u8) ?? (view.Find(at, "regex"u8) >= 0 ? "regex" : "type");
        int inner = view.Find(at, "rules"u8);
        int variants = view.Find(at, "variants"u8);
        return new PactMatcher(name, new JsonValue(text, at))
        {
            Inner =
                inner < 0 || view.Tokens[inner].Kind != JsonKind.Array
                    ? null
                    : new PactRule([.. view.Children(inner).Select(m => Read(text, m))], false),
            Variants =
                variants < 0 || view.Tokens[variants].Kind != JsonKind.Array
                    ? []
                    : [.. view.Children(variants).Select(v => PactVariant.Read(text, v))],
        };
    }

    /// <summary>Rules inside a matcher (eachKey, eachValue); read once, for they hold compiled patterns.</summary>
    public PactRule? Inner { get; private init; }

    /// <summary>What must be among the items (arrayContains).</summary>
    public IReadOnlyList<PactVariant> Variants { get; private init; } = [];

    // Compiled once: answers are judged by the hundred in a second.
    private Result<Regex>? _whole;

    /// <summary>
    /// Whether a text as a whole has the pattern of this matcher, as the cases of the specification want it; the
    /// problem of a pattern that cannot be compiled.
    /// </summary>
    public Result<bool> HasPattern(string text)
    {
        string pattern = Text("regex") ?? "";
        _whole ??= EcmaPattern.Compile(pattern) is { Ok: false } bad ? bad : EcmaPattern.Compile($"^(?:{pattern})$");
        return _whole.Ok ? _whole.Value.IsMatch(text) : Result<bool>.Failed(_whole.Problems);
    }

    public string? Text(string argument) =>
        Source.Text.View.Member(Source.At, System.Text.Encoding.UTF8.GetBytes(argument));

    public long? Whole(string argument)
    {
        int found = Source.Text.View.Find(Source.At, argument);
        return
            found >= 0
            && Source.Text.View.Tokens[found].Kind == JsonKind.Number
            && JsonDecimal.Read(Source.Text.View.Text(found)).TryWhole(out long value)
            ? value
            : null;
    }
}

/// <summary>One kind of item that must be somewhere in a list.</summary>
/// <param name="Example">The place of its example; past every list where the file does not name one.</param>
/// <param name="Rules">The rules for it.</param>
internal sealed record PactVariant(long Example, PactRules Rules)
{
    /// <summary>Reads one variant.</summary>
    public static PactVariant Read(JsonText text, int at)
    {
        JsonView view = text.View;
        int index = view.Find(at, "index"u8);
        long example = 0;
        bool known =
            index < 0
            || (view.Tokens[index].Kind == JsonKind.Number && JsonDecimal.Read(view.Text(index)).TryWhole(out example));
        return new PactVariant(
            known && example >= 0 ? example : long.MaxValue,
            PactRules.Read(text, view.Find(at, "rules"u8))
        );
    }
}
