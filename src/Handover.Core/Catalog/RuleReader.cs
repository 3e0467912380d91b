using System.Globalization;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>
/// JSON to compiled operations. Strict where JSONLogic engines are lenient: an operator with too few or too many
/// arguments is refused when it is written, and not found out when it decides about somebody.
/// </summary>
internal sealed class RuleReader
{
    /// <summary>The name of a reference.</summary>
    public const string Ref = "$ref";

    private const int MaxDepth = 32;
    private const int MaxNodes = 10_000;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _references = new(StringComparer.Ordinal);
    private int _nodes;

    public IReadOnlyList<string> Names => [.. _names.Order(StringComparer.Ordinal)];

    public IReadOnlyList<string> References => [.. _references.Order(StringComparer.Ordinal)];

    public Result<RuleNode> Read(JsonElement json, string field, int depth)
    {
        if (depth > MaxDepth || ++_nodes > MaxNodes)
        {
            return Bad(field, $"a rule has at most {MaxDepth} levels and {MaxNodes} parts.");
        }

        return json.ValueKind switch
        {
            JsonValueKind.Object => Operation(json, field, depth),
            JsonValueKind.Array => List(json, field, depth),
            JsonValueKind.String => Fixed(RuleValue.Of(json.GetString())),
            JsonValueKind.Number => Fixed(RuleValue.Of(json.GetDouble())),
            JsonValueKind.True or JsonValueKind.False => Fixed(RuleValue.Of(json.GetBoolean())),
            _ => Fixed(RuleValue.Null),
        };
    }

    private Result<RuleNode> List(JsonElement json, string field, int depth)
    {
        Result<RuleNode[]> parts = Parts(json, field, depth);
        if (!parts.Ok)
        {
            return Result<RuleNode>.Failed(parts.Problems);
        }

        return parts.Value.All(p => p is RuleNode.Constant)
            ? Fixed(RuleValue.Of([.. parts.Value.Select(p => ((RuleNode.Constant)p).Value)]))
            : Node(new RuleNode.Collect(parts.Value));
    }

    private Result<RuleNode> Operation(JsonElement json, string field, int depth)
    {
        if (json.EnumerateObject().Count() != 1)
        {
            return Bad(field, "a rule is an object with exactly one operator.");
        }

        JsonProperty op = json.EnumerateObject().Single();
        string path = $"{field}.{op.Name}";
        switch (op.Name)
        {
            case "var":
                return Var(op.Value, path, depth);
            case Ref:
                return Reference(op.Value, path);
            case "missing":
                return Missing(op.Value, path, 0);
            case "missing_some":
                return MissingSome(op.Value, path);
            case "fractional":
                return Fractional(op.Value, path, depth);
            default:
                Result<RuleNode[]> parts = Arguments(op.Value, path, depth);
                return parts.Ok ? Plain(op.Name, parts.Value, path) : Result<RuleNode>.Failed(parts.Problems);
        }
    }

    private static Result<RuleNode> Plain(string op, RuleNode[] p, string path) =>
        (op, p.Length) switch
        {
            ("and", > 0) => Node(new RuleNode.And(p)),
            ("or", > 0) => Node(new RuleNode.Or(p)),
            ("!", 1) => Node(new RuleNode.Truth(p[0], false)),
            ("!!", 1) => Node(new RuleNode.Truth(p[0], true)),
            ("if" or "?:", > 1) => Node(new RuleNode.If(p)),
            ("==", 2) => Node(new RuleNode.Equal(p[0], p[1], strict: false, wanted: true)),
            ("===", 2) => Node(new RuleNode.Equal(p[0], p[1], strict: true, wanted: true)),
            ("!=", 2) => Node(new RuleNode.Equal(p[0], p[1], strict: false, wanted: false)),
            ("!==", 2) => Node(new RuleNode.Equal(p[0], p[1], strict: true, wanted: false)),
            ("<", > 1) => Node(new RuleNode.Order(p, less: true, orEqual: false)),
            ("<=", > 1) => Node(new RuleNode.Order(p, less: true, orEqual: true)),
            (">", > 1) => Node(new RuleNode.Order(p, less: false, orEqual: false)),
            (">=", > 1) => Node(new RuleNode.Order(p, less: false, orEqual: true)),
            ("+" or "*" or "-", > 0) or ("/" or "%", > 1) => Node(new RuleNode.Arithmetic(p, op[0])),
            ("max", > 0) => Node(new RuleNode.Extreme(p, largest: true)),
            ("min", > 0) => Node(new RuleNode.Extreme(p, largest: false)),
            ("in", 2) => In(p),
            ("merge", _) => Node(new RuleNode.Merge(p)),
            ("map" or "filter" or "all" or "none" or "some", 2) => Node(new RuleNode.Each(p[0], p[1], op)),
            ("reduce", 3) => Node(new RuleNode.Reduce(p[0], p[1], p[2])),
            ("cat", > 0) => Node(new RuleNode.Cat(p)),
            ("substr", 2 or 3) => Node(new RuleNode.Substr(p[0], p[1], p.Length > 2 ? p[2] : null)),
            ("starts_with", 2) => Node(new RuleNode.Affix(p[0], p[1], start: true)),
            ("ends_with", 2) => Node(new RuleNode.Affix(p[0], p[1], start: false)),
            ("sem_ver", 3) => Node(new RuleNode.SemVer(p[0], p[1], p[2])),
            _ when Known.Contains(op) => Bad(path, $"'{op}' does not take {p.Length} arguments."),
            _ => Bad(path, $"the operator '{op}' is not supported.") with { Fix = $"Use: {string.Join(' ', Known)}." },
        };

    private static readonly string[] Known =
    [
        .. "and or ! !! if ?: == === != !== < <= > >= + - * / % max min in merge map filter all none some".Split(' '),
        .. "reduce cat substr starts_with ends_with sem_ver fractional var missing missing_some $ref".Split(' '),
    ];

    private static Result<RuleNode> In(RuleNode[] p) =>
        p[1] is RuleNode.Constant { Value: { Kind: RuleKind.List } list }
        && list.Items.All(i => i.Kind == RuleKind.Text)
            ? Node(new RuleNode.InTexts(p[0], list.Items.Select(i => i.Text)))
            : Node(new RuleNode.In(p[0], p[1]));

    private Result<RuleNode> Var(JsonElement json, string path, int depth)
    {
        bool list = json.ValueKind == JsonValueKind.Array;
        if (list && json.GetArrayLength() is 0 or > 2)
        {
            return Bad(path, "needs NAME or [NAME, DEFAULT].");
        }

        JsonElement name = list ? json[0] : json;
        if (name.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
        {
            return Bad(path, "needs NAME or [NAME, DEFAULT]; a name that is worked out is not supported.");
        }

        RuleNode? otherwise = null;
        if (list && json.GetArrayLength() == 2)
        {
            Result<RuleNode> read = Read(json[1], $"{path}[1]", depth + 1);
            if (!read.Ok)
            {
                return read;
            }

            otherwise = read.Value;
        }

        return Node(Named(name, otherwise));
    }

    private RuleNode.Var Named(JsonElement name, RuleNode? otherwise = null)
    {
        string text = name.ValueKind == JsonValueKind.String ? name.GetString()! : name.GetRawText();
        _names.Add(text);
        return new RuleNode.Var(text, otherwise);
    }

    private Result<RuleNode> Reference(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.String)
        {
            return Bad(path, "needs a name.");
        }

        _references.Add(json.GetString()!);
        return Node(new RuleNode.Reference());
    }

    private Result<RuleNode> Missing(JsonElement json, string path, int enough)
    {
        JsonElement[] names = json.ValueKind == JsonValueKind.Array ? [.. json.EnumerateArray()] : [json];
        return names.All(n => n.ValueKind == JsonValueKind.String)
            ? Node(new RuleNode.Missing([.. names.Select(n => Named(n))], enough == 0 ? names.Length : enough))
            : Bad(path, "needs a list of names.");
    }

    private Result<RuleNode> MissingSome(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.Array
        && json.GetArrayLength() == 2
        && json[0].ValueKind == JsonValueKind.Number
        && json[0].TryGetInt32(out int enough)
        && enough > 0
            ? Missing(json[1], path, enough)
            : Bad(path, "needs [LEAST, [NAME, ..]].");

    // {"fractional": [BUCKET-BY?, [VARIANT, WEIGHT?], ..]}
    private Result<RuleNode> Fractional(JsonElement json, string path, int depth)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() == 0)
        {
            return Bad(path, "needs [WHAT TO DRAW BY, [VARIANT, WEIGHT], ..].");
        }

        RuleNode? bucketBy = null;
        int first = 0;
        if (json[0].ValueKind != JsonValueKind.Array)
        {
            Result<RuleNode> read = Read(json[0], $"{path}[0]", depth + 1);
            if (!read.Ok)
            {
                return read;
            }

            bucketBy = read.Value;
            first = 1;
        }
        else
        {
            _names.Add(RuleNode.EntityName);
        }

        var variants = new List<RuleNode>();
        var weights = new List<RuleNode>();
        for (int i = first; i < json.GetArrayLength(); i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
            if (json[i].ValueKind != JsonValueKind.Array || json[i].GetArrayLength() is 0 or > 2)
            {
                return Bad(at, "needs [VARIANT] or [VARIANT, WEIGHT].");
            }

            Result<RuleNode[]> entry = Parts(json[i], at, depth + 1);
            if (!entry.Ok)
            {
                return Result<RuleNode>.Failed(entry.Problems);
            }

            variants.Add(entry.Value[0]);
            weights.Add(entry.Value.Length > 1 ? entry.Value[1] : new RuleNode.Constant(RuleValue.Of(1.0)));
        }

        return Node(new RuleNode.Fractional(bucketBy, [.. variants], [.. weights]));
    }

    private Result<RuleNode[]> Arguments(JsonElement json, string path, int depth)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            return Parts(json, path, depth);
        }

        Result<RuleNode> one = Read(json, path, depth + 1);
        return one.Ok ? new[] { one.Value } : Result<RuleNode[]>.Failed(one.Problems);
    }

    private Result<RuleNode[]> Parts(JsonElement json, string path, int depth)
    {
        var parts = new RuleNode[json.GetArrayLength()];
        for (int i = 0; i < parts.Length; i++)
        {
            string at = string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]");
            Result<RuleNode> part = Read(json[i], at, depth + 1);
            if (!part.Ok)
            {
                return Result<RuleNode[]>.Failed(part.Problems);
            }

            parts[i] = part.Value;
        }

        return parts;
    }

    private static Result<RuleNode> Fixed(RuleValue value) => Node(new RuleNode.Constant(value));

    private static Result<RuleNode> Node(RuleNode node) => Result<RuleNode>.Of(node);

    private static Problem Bad(string field, string message) => new("bad-rule", message) { Field = field };
}
