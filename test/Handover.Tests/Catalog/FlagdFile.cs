using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Tests.Catalog;

/// <summary>
/// A file of flagd flags, evaluated with Core's rules: the little around targeting (states, variants, defaults) that
/// flagd's suite speaks about and that segments have no use for.
/// </summary>
internal sealed class FlagdFile(string json)
{
    private readonly JsonElement _root = JsonDocument.Parse(json).RootElement;

    public FlagdAnswer Evaluate(string key, RuleValue context, string? entity, string type)
    {
        if (!_root.GetProperty("flags").TryGetProperty(key, out JsonElement flag))
        {
            return new FlagdAnswer { Error = "FLAG_NOT_FOUND", Reason = "ERROR" };
        }

        JsonElement metadata = flag.TryGetProperty("metadata", out JsonElement own) ? own : default;
        if (flag.GetProperty("state").GetString() == "DISABLED")
        {
            return new FlagdAnswer { Reason = "DISABLED", Metadata = metadata };
        }

        string? variant = flag.TryGetProperty("defaultVariant", out JsonElement usual) ? usual.GetString() : null;
        string reason = "STATIC";
        if (flag.TryGetProperty("targeting", out JsonElement targeting))
        {
            Result<Rule> rule = RuleCodec.Parse(targeting);
            rule = rule.Ok ? RuleCodec.Resolve(rule.Value, Evaluator) : rule;
            if (!rule.Ok && rule.Problems[0].Message.Contains("arguments", StringComparison.Ordinal))
            {
                // Ours refuses when the rule is written; flagd finds out when it is evaluated, and takes the default.
                return Of(flag, variant, "DEFAULT", type);
            }

            if (!rule.Ok)
            {
                return new FlagdAnswer { Error = "PARSE_ERROR", Reason = "ERROR" };
            }

            RuleValue chosen = rule.Value.Evaluate(
                new RuleContext
                {
                    Values = context,
                    Entity = entity,
                    Flag = key,
                }
            );
            bool matched = chosen.Kind != RuleKind.Null;
            (variant, reason) = matched ? (chosen.AsText(), "TARGETING_MATCH") : (variant, "DEFAULT");
        }

        return Of(flag, variant, variant is null ? "DEFAULT" : reason, type) with
        {
            Metadata = metadata,
        };
    }

    private static FlagdAnswer Of(JsonElement flag, string? variant, string reason, string type)
    {
        if (variant is null)
        {
            return new FlagdAnswer { Reason = reason };
        }

        if (!flag.GetProperty("variants").TryGetProperty(variant, out JsonElement value))
        {
            return new FlagdAnswer { Error = "GENERAL", Reason = "ERROR" };
        }

        JsonValueKind[] wanted = type switch
        {
            "Boolean" => [JsonValueKind.True, JsonValueKind.False],
            "String" => [JsonValueKind.String],
            "Object" => [JsonValueKind.Object],
            _ => [JsonValueKind.Number],
        };
        return wanted.Contains(value.ValueKind)
            ? new FlagdAnswer
            {
                Value = value,
                Reason = reason,
                Variant = variant,
            }
            : new FlagdAnswer { Error = "TYPE_MISMATCH", Reason = "ERROR" };
    }

    private Rule? Evaluator(string name) =>
        _root.GetProperty("$evaluators").TryGetProperty(name, out JsonElement rule)
            ? RuleCodec.Parse(rule).Value
            : null;

    /// <summary>JSON as a value of rules.</summary>
    public static RuleValue ValueOf(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => RuleValue.Of(
                json.EnumerateObject().ToDictionary(m => m.Name, m => ValueOf(m.Value))
            ),
            JsonValueKind.Array => RuleValue.Of([.. json.EnumerateArray().Select(ValueOf)]),
            JsonValueKind.String => RuleValue.Of(json.GetString()),
            JsonValueKind.Number => RuleValue.Of(json.GetDouble()),
            JsonValueKind.True or JsonValueKind.False => RuleValue.Of(json.GetBoolean()),
            _ => RuleValue.Null,
        };
}

/// <summary>What an evaluation came to.</summary>
internal sealed record FlagdAnswer
{
    public JsonElement Value { get; init; }

    public string? Variant { get; init; }

    public required string Reason { get; init; }

    public string? Error { get; init; }

    public JsonElement Metadata { get; init; }
}
