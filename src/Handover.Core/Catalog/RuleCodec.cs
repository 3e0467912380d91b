using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>Reads and writes a <see cref="Rule"/> as JSONLogic.</summary>
public static class RuleCodec
{
    private const int MaxDepth = 16;

    /// <summary>
    /// Reads a rule; an operator or a form that is not known is refused with the field that holds it.
    /// </summary>
    public static Result<Rule> Parse(JsonElement json, string field = "when") => Parse(json, field, 0);

    private static Result<Rule> Parse(JsonElement json, string field, int depth)
    {
        if (depth > MaxDepth)
        {
            return Bad(field, $"the rule is nested deeper than {MaxDepth}.");
        }

        if (json.ValueKind != JsonValueKind.Object || json.EnumerateObject().Count() != 1)
        {
            return Bad(field, "a rule is an object with exactly one operator.");
        }

        JsonProperty op = json.EnumerateObject().Single();
        string path = $"{field}.{op.Name}";
        return op.Name switch
        {
            "and" => Many(op.Value, path, depth, rules => new Rule.And(rules)),
            "or" => Many(op.Value, path, depth, rules => new Rule.Or(rules)),
            "!" => Negated(op.Value, path, depth),
            "in" => Compare(op.Value, path, AsIn),
            "==" or "===" => Compare(op.Value, path, (a, v) => Text(v) is { } s ? new Rule.Equal(a, s) : null),
            "!=" or "!==" => Compare(
                op.Value,
                path,
                (a, v) => Text(v) is { } s ? new Rule.Not(new Rule.Equal(a, s)) : null
            ),
            "starts_with" => Compare(op.Value, path, (a, v) => Text(v) is { } s ? new Rule.StartsWith(a, s) : null),
            "ends_with" => Compare(op.Value, path, (a, v) => Text(v) is { } s ? new Rule.EndsWith(a, s) : null),
            _ => Bad(path, $"the operator '{op.Name}' is not supported yet.") with
            {
                Fix = "Use one of: in, ==, !=, starts_with, ends_with, and, or, !.",
            },
        };
    }

    private static Result<Rule> Negated(JsonElement value, string path, int depth)
    {
        JsonElement inner = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;
        Result<Rule> rule = Parse(inner, path, depth + 1);
        return rule.Ok ? new Rule.Not(rule.Value) : rule;
    }

    private static Result<Rule> Many(JsonElement value, string path, int depth, Func<IReadOnlyList<Rule>, Rule> make)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            return Bad(path, "needs a list of at least one rule.");
        }

        var rules = new List<Rule>();
        for (int i = 0; i < value.GetArrayLength(); i++)
        {
            Result<Rule> rule = Parse(value[i], $"{path}[{i}]", depth + 1);
            if (!rule.Ok)
            {
                return rule;
            }

            rules.Add(rule.Value);
        }

        return make(rules);
    }

    private static Result<Rule> Compare(JsonElement value, string path, Func<string, JsonElement, Rule?> make)
    {
        if (
            value.ValueKind == JsonValueKind.Array
            && value.GetArrayLength() == 2
            && value[0].ValueKind == JsonValueKind.Object
            && value[0].TryGetProperty("var", out JsonElement name)
            && name.ValueKind == JsonValueKind.String
            && make(name.GetString()!, value[1]) is { } rule
        )
        {
            return rule;
        }

        return Bad(path, "needs [{var: NAME}, VALUE].");
    }

    private static Rule? AsIn(string attribute, JsonElement values)
    {
        if (values.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var list = values.EnumerateArray().Select(Text).ToList();
        return list.Contains(null) ? null : new Rule.In(attribute, list!);
    }

    private static string? Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };

    private static Problem Bad(string field, string message) => new("bad-rule", message) { Field = field };

    /// <summary>Writes a rule so that <see cref="Parse(JsonElement, string)"/> reads the same one.</summary>
    public static void Write(Utf8JsonWriter json, Rule rule)
    {
        json.WriteStartObject();
        switch (rule)
        {
            case Rule.And and:
                WriteMany(json, "and", and.Rules);
                break;
            case Rule.Or or:
                WriteMany(json, "or", or.Rules);
                break;
            case Rule.Not not:
                json.WritePropertyName("!");
                Write(json, not.Inner);
                break;
            case Rule.In within:
                WriteVar(json, "in", within.Attribute);
                json.WriteStartArray();
                foreach (string value in within.Values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
                json.WriteEndArray();
                break;
            case Rule.Equal equal:
                WriteText(json, "==", equal.Attribute, equal.Value);
                break;
            case Rule.StartsWith starts:
                WriteText(json, "starts_with", starts.Attribute, starts.Value);
                break;
            case Rule.EndsWith ends:
                WriteText(json, "ends_with", ends.Attribute, ends.Value);
                break;
            default:
                Invariant.Unreachable<int>($"no JSON form for {rule}");
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteMany(Utf8JsonWriter json, string op, IReadOnlyList<Rule> rules)
    {
        json.WriteStartArray(op);
        foreach (Rule rule in rules)
        {
            Write(json, rule);
        }

        json.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter json, string op, string attribute, string value)
    {
        WriteVar(json, op, attribute);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WriteVar(Utf8JsonWriter json, string op, string attribute)
    {
        json.WriteStartArray(op);
        json.WriteStartObject();
        json.WriteString("var", attribute);
        json.WriteEndObject();
    }
}
