using System.Globalization;

namespace Handover.Core.Contracts.Schemas;

/// <summary>Words for a refusal. They quote the schema and never the document, which may hold secrets.</summary>
internal ref partial struct SchemaEvaluation
{
    /// <summary>What was last refused, in words.</summary>
    public readonly SchemaViolation Violation()
    {
        SchemaNode node = _failedNode!;
        string rule = _failedRule switch
        {
            SchemaRule.False => "false",
            SchemaRule.Budget => "budget",
            _ => char.ToLowerInvariant(_failedRule.ToString()[0]) + _failedRule.ToString()[1..],
        };
        string path = _view.Pointer(_failedAt);
        string where = path.Length == 0 ? "the document" : path;
        return new SchemaViolation(path, rule, node.Location, $"{where} {Why(node)} ({rule} at {node.Location})");
    }

    private bool Fail(SchemaNode node, int at, SchemaRule rule)
    {
        _failedNode = node;
        _failedAt = at;
        _failedRule = _steps < 0 ? SchemaRule.Budget : rule;
        return false;
    }

    private readonly string Why(SchemaNode node)
    {
        JsonToken token = _view.Tokens[_failedAt];
        return _failedRule switch
        {
            SchemaRule.False => "is allowed by no schema",
            SchemaRule.Budget => "needs more steps than are allowed",
            SchemaRule.Type => $"is {Kind(token.Kind)} where {Types(node.Types)} is needed",
            SchemaRule.Const => $"is not {Short(node.Const!.Value)}",
            SchemaRule.Enum => $"is none of {string.Join(", ", node.Enum!.Take(8).Select(Short))}",
            SchemaRule.Minimum => $"is below {node.Minimum}",
            SchemaRule.Maximum => $"is above {node.Maximum}",
            SchemaRule.ExclusiveMinimum => $"is not above {node.ExclusiveMinimum}",
            SchemaRule.ExclusiveMaximum => $"is not below {node.ExclusiveMaximum}",
            SchemaRule.MultipleOf => $"is no multiple of {node.MultipleOf}",
            SchemaRule.MinLength => Text($"is shorter than {node.MinLength} characters"),
            SchemaRule.MaxLength => Text($"is longer than {node.MaxLength} characters"),
            SchemaRule.Pattern => $"does not match {node.PatternText}",
            SchemaRule.Format => "does not have the format",
            SchemaRule.MinItems => Text($"has {token.Count} items; {node.MinItems} are the least"),
            SchemaRule.MaxItems => Text($"has {token.Count} items; {node.MaxItems} are the most"),
            SchemaRule.UniqueItems => "has the same item twice",
            SchemaRule.Contains => "does not contain enough of what it must contain",
            SchemaRule.MaxContains => "contains too much of what it may contain",
            SchemaRule.Required => $"has no '{_failedName}'",
            SchemaRule.DependentRequired => $"has no '{_failedName}', which another member calls for",
            SchemaRule.MinProperties => Text($"has {token.Count} members; {node.MinProperties} are the least"),
            SchemaRule.MaxProperties => Text($"has {token.Count} members; {node.MaxProperties} are the most"),
            SchemaRule.AdditionalProperties or SchemaRule.UnevaluatedProperties => "is a member that is not known",
            SchemaRule.UnevaluatedItems => "is an item that is not known",
            SchemaRule.AnyOf => "fits none of the alternatives",
            SchemaRule.OneOf => "does not fit exactly one of the alternatives",
            _ => "fits what it must not fit",
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Kind(JsonKind kind) =>
        kind switch
        {
            JsonKind.Object => "an object",
            JsonKind.Array => "an array",
            JsonKind.Number => "a number",
            JsonKind.Null => "null",
            JsonKind.True or JsonKind.False => "a boolean",
            _ => "a string",
        };

    private static string Types(JsonTypes types)
    {
        string[] names =
        [
            .. Enum.GetValues<JsonTypes>()
                .Where(t => t is not (JsonTypes.None or JsonTypes.All or JsonTypes.Fraction) && types.HasFlag(t))
                .Where(t => t != JsonTypes.Integer || !types.HasFlag(JsonTypes.Number))
                .Select(t => t.ToString().ToLowerInvariant()),
        ];
        return string.Join(" or ", names);
    }

    private static string Short(JsonValue value)
    {
        string text = value.ToString();
        return text.Length > 60 ? text[..60] + "…" : text;
    }
}

/// <summary>The keywords that refuse.</summary>
internal enum SchemaRule : byte
{
    False,
    Budget,
    Type,
    Const,
    Enum,
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
    MultipleOf,
    MinLength,
    MaxLength,
    Pattern,
    Format,
    MinItems,
    MaxItems,
    UniqueItems,
    Contains,
    MaxContains,
    Required,
    DependentRequired,
    MinProperties,
    MaxProperties,
    AdditionalProperties,
    UnevaluatedProperties,
    UnevaluatedItems,
    AnyOf,
    OneOf,
    Not,
}
