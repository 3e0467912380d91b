using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Pacts;

/// <summary>
/// Compares a JSON body with the example of a Pact file: by rule where one applies, else by value. An answer may have
/// further members (readers ignore what they do not know); a request may not.
/// </summary>
internal sealed class PactBody(PactRules rules, bool mayHaveMore)
{
    private readonly List<string> _path = ["$"];

    /// <summary>The first mismatch; null when the body matches.</summary>
    public PactMismatch? First(JsonValue expected, JsonValue actual)
    {
        PactRule? rule = rules.For(_path);
        JsonKind kind = expected.Text.View.Tokens[expected.At].Kind;
        bool container = kind is JsonKind.Object or JsonKind.Array;
        if (rule is not null && !(container && rule.Find("regex") is not null && rule.Matchers.Count == 1))
        {
            if (Broken(rule, expected, actual) is { } why)
            {
                return Wrong(why);
            }

            if (!container || !rule.ByExample && rule.Find("equality") is not null)
            {
                return null;
            }
        }

        JsonKind found = actual.Text.View.Tokens[actual.At].Kind;
        if (!container)
        {
            return rule is not null ? null
                : PactValues.Equal(expected, actual) ? null
                : Wrong($"is not {expected}");
        }

        return found != kind ? Wrong(kind == JsonKind.Object ? "is no object" : "is no array")
            : kind == JsonKind.Object ? Members(expected, actual, rule)
            : Items(expected, actual, rule);
    }

    private static string? Broken(PactRule rule, JsonValue expected, JsonValue actual)
    {
        string? first = null;
        foreach (PactMatcher matcher in rule.Matchers)
        {
            string? why = PactValues.Mismatch(matcher, expected, actual);
            if (rule.Any && why is null)
            {
                return null;
            }

            first ??= why;
        }

        return first;
    }

    private PactMismatch? Members(JsonValue expected, JsonValue actual, PactRule? rule)
    {
        JsonView wanted = expected.Text.View;
        bool free = (rule?.Find("values") ?? rule?.Find("eachValue") ?? rule?.Find("eachKey")) is not null;
        int example = wanted.Tokens[expected.At].Count > 0 ? wanted.Children(expected.At)[0] : -1;
        foreach (int child in free ? [] : wanted.Children(expected.At))
        {
            string name = expected.Text.View.NameOf(child);
            int found = actual.Text.View.Find(actual.At, name);
            if (found < 0)
            {
                return Wrong($"has no '{name}'");
            }

            if (Inside(name, new JsonValue(expected.Text, child), new JsonValue(actual.Text, found)) is { } wrong)
            {
                return wrong;
            }
        }

        bool star = rules.HasStarBelow(_path);
        foreach (int child in actual.Text.View.Children(actual.At))
        {
            string name = actual.Text.View.NameOf(child);
            var value = new JsonValue(actual.Text, child);
            if (!free && expected.Text.View.Find(expected.At, name) >= 0)
            {
                continue;
            }

            PactMismatch? wrong =
                free ? Each(rule!, name, value, new JsonValue(expected.Text, example), example >= 0)
                : star && example >= 0 ? Inside(name, new JsonValue(expected.Text, example), value)
                : mayHaveMore ? null
                : Wrong($"has '{name}', which is not expected");
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return null;
    }

    private PactMismatch? Each(PactRule rule, string name, JsonValue value, JsonValue example, bool hasExample)
    {
        if (rule.Find("eachKey")?.Inner is { } keys)
        {
            string json = System.Text.Json.JsonSerializer.Serialize(name);
            var key = new JsonValue(JsonText.Read(System.Text.Encoding.UTF8.GetBytes(json), "a name").Value, 0);
            if (Broken(keys, key, key) is { } why)
            {
                return Wrong($"has the name '{name}', which {why}");
            }
        }

        if (
            rule.Find("eachValue")?.Inner is { } values
            && Broken(values, hasExample ? example : value, value) is { } no
        )
        {
            return Wrong($"'{name}' {no}");
        }

        return hasExample ? Inside(name, example, value) : null;
    }

    private PactMismatch? Items(JsonValue expected, JsonValue actual, PactRule? rule)
    {
        int[] wanted = expected.Text.View.Children(expected.At);
        int[] found = actual.Text.View.Children(actual.At);
        if (rule?.Find("arrayContains") is { } contains)
        {
            return Variants(contains, expected, wanted, actual, found);
        }

        bool byExample = rule is { ByExample: true } && wanted.Length > 0;
        if (!byExample && wanted.Length != found.Length)
        {
            return Wrong($"has {found.Length} items instead of {wanted.Length}");
        }

        for (int i = 0; i < found.Length; i++)
        {
            var example = new JsonValue(expected.Text, wanted[Math.Min(i, wanted.Length - 1)]);
            if (Inside(PactRules.Place(i), example, new JsonValue(actual.Text, found[i])) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    /// <summary>Every variant must be somewhere among the items, in any order.</summary>
    private PactMismatch? Variants(
        PactMatcher contains,
        JsonValue expected,
        int[] wanted,
        JsonValue actual,
        int[] found
    )
    {
        foreach (PactVariant variant in contains.Variants)
        {
            if (variant.Example >= wanted.Length)
            {
                return Wrong("has a variant without an example");
            }

            var body = new PactBody(variant.Rules, mayHaveMore);
            var example = new JsonValue(expected.Text, wanted[variant.Example]);
            if (!Array.Exists(found, item => body.First(example, new JsonValue(actual.Text, item)) is null))
            {
                return Wrong($"has no item like {example}");
            }
        }

        return null;
    }

    private PactMismatch? Inside(string step, JsonValue expected, JsonValue actual)
    {
        _path.Add(step);
        PactMismatch? wrong = First(expected, actual);
        _path.RemoveAt(_path.Count - 1);
        return wrong;
    }

    private PactMismatch Wrong(string why) =>
        new(string.Concat(_path.Skip(1).Select(s => "/" + JsonView.Escaped(s.TrimStart('#')))), why);
}

/// <summary>The first thing that does not match.</summary>
/// <param name="Path">RFC 6901 pointer, or <c>status</c>, <c>header NAME</c>.</param>
/// <param name="Why">In words.</param>
internal sealed record PactMismatch(string Path, string Why);
