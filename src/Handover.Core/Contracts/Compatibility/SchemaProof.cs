using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// Tries to prove that every document of a writer is one of a reader, rule by rule. Where the proof does not go
/// through it notes a finding and goes on. No finding means proven. It never says that something breaks: that takes a
/// document, which <see cref="SchemaWitness"/> looks for.
/// </summary>
internal sealed partial class SchemaProof(SchemaScopes writerScopes, SchemaScopes readerScopes)
{
    private const int MaxFindings = 200;
    private const int MaxFinite = 1_000;
    private static readonly string[] Literals = ["null", "true", "false"];

    private readonly List<PathStep> _path = [];
    private readonly HashSet<string> _assumed = new(StringComparer.Ordinal);
    private readonly Dictionary<SchemaNode, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private List<SchemaFinding> _findings = [];
    private int _budget = 200_000;

    /// <summary>Everything that stands between the writer and the reader; empty when it is proven.</summary>
    public IReadOnlyList<SchemaFinding> Run(SchemaNode writer, SchemaNode reader)
    {
        Prove(SchemaFacts.Of(writer), reader);
        return _findings;
    }

    private void Prove(SchemaFacts p, SchemaNode c)
    {
        if (c.Always == true || IsEmpty(p, 3))
        {
            return;
        }

        if (--_budget < 0 || _path.Count > 40)
        {
            Add(ContractRule.Composition, null, null, false, "the schemas are too large to compare", "simplify them");
            return;
        }

        if (Identical(p, c))
        {
            return;
        }

        Meaning(p, c);
        if (Finite(p) is { } values)
        {
            ProveFinite(p, values, c);
            return;
        }

        if (p.Choices.Count > 0)
        {
            foreach (SchemaFacts way in p.Split())
            {
                Prove(way, c);
            }

            return;
        }

        string key = Key(p, c);
        if (!_assumed.Add(key))
        {
            return;
        }

        if (c.Always == false)
        {
            Add(ContractRule.Type, "nothing", Words(p.Types), true, "the reader accepts no value here", "drop it");
        }
        else
        {
            InPlace(p, c);
            OfItself(p, c);
        }

        _assumed.Remove(key);
    }

    private void OfItself(SchemaFacts p, SchemaNode c)
    {
        JsonTypes missing = p.Types & ~c.Types;
        if (missing != JsonTypes.None)
        {
            TypeFinding(p, c, missing);
        }

        SchemaFacts rest = p.Only(c.Types);
        if (c.Const is not null || c.Enum is not null)
        {
            Labels(rest, c);
        }

        if ((rest.Types & JsonTypes.Number) != JsonTypes.None && c.AsksNumbers)
        {
            Numbers(rest, c);
        }

        if ((rest.Types & JsonTypes.String) != JsonTypes.None && c.AsksStrings)
        {
            Strings(rest, c);
        }

        if ((rest.Types & JsonTypes.Array) != JsonTypes.None)
        {
            Arrays(rest.Only(JsonTypes.Array), c);
        }

        if ((rest.Types & JsonTypes.Object) != JsonTypes.None)
        {
            Objects(rest.Only(JsonTypes.Object), c);
        }
    }

    private void TypeFinding(SchemaFacts p, SchemaNode c, JsonTypes missing)
    {
        bool onlyNull = missing == JsonTypes.Null;
        Add(
            onlyNull ? ContractRule.Null : ContractRule.Type,
            Words(c.Types),
            p.Types == JsonTypes.All ? null : Words(p.Types),
            p.Types != JsonTypes.All,
            p.Types == JsonTypes.All ? "the writer declares no type"
                : onlyNull ? "null may be emitted"
                : $"{Words(missing)} may be emitted",
            p.Types == JsonTypes.All
                ? $"declare the type, or let live answers show that it is {Words(c.Types)}"
                : $"emit {Words(c.Types)}, add an adapter, or let the reader accept {Words(missing)}"
        );
    }

    private void Labels(SchemaFacts p, SchemaNode c)
    {
        if (c.ReadsUnknownLabels && (p.Types & ~JsonTypes.String) == JsonTypes.None)
        {
            return;
        }

        string known = c.Const?.ToString() ?? string.Join(", ", c.Enum!.Take(8));
        Add(
            ContractRule.Labels,
            known,
            null,
            false,
            "the writer does not list its values",
            "list them as an enum, or let the reader declare x-onUnknown"
        );
    }

    /// <summary>The values, where there are few: enums, constants, booleans, null, short integer ranges.</summary>
    private List<JsonValue>? Finite(SchemaFacts p)
    {
        IEnumerable<JsonValue>? some = null;
        foreach (SchemaNode node in p.Nodes)
        {
            some = node.Const is { } constant ? [constant] : some ?? (node.ReadsUnknownLabels ? null : node.Enum);
        }

        if (some is null && (p.Types & ~(JsonTypes.Null | JsonTypes.Boolean)) == JsonTypes.None)
        {
            some = Literals.Select(Text);
        }
        else if (some is null && p.Types == JsonTypes.Integer && Span(p.Bounds) is { } span)
        {
            some = Enumerable
                .Range(0, span.Count)
                .Select(i => Text((span.Low + i).ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }

        return some?.Where(v => p.Nodes.All(n => Valid(n, v, writerScopes))).ToList();
    }

    private static (long Low, int Count)? Span(NumberBounds bounds) =>
        bounds.Low is { Excluded: false } low
        && bounds.High is { Excluded: false } high
        && low.Value.TryWhole(out long first)
        && high.Value.TryWhole(out long last)
        && last - first is >= 0 and < MaxFinite
            ? (first, (int)(last - first) + 1)
            : null;

    private void ProveFinite(SchemaFacts p, List<JsonValue> values, SchemaNode c)
    {
        var refused = values.Where(v => !Valid(c, v, readerScopes)).ToList();
        if (refused.Count == 0)
        {
            return;
        }

        string[] texts = [.. refused.Take(8).Select(v => v.ToString())];
        bool listed = p.Nodes.Any(n => n.Const is not null || n.Enum is not null);
        ContractRule rule =
            refused.TrueForAll(v => v.ToString() == "null") ? ContractRule.Null
            : listed && (c.Enum is not null || c.Const is not null) ? ContractRule.Labels
            : p.Types == JsonTypes.Integer && (c.Types & JsonTypes.Integer) != JsonTypes.None ? ContractRule.Range
            : ContractRule.Type;
        string accepted =
            c.Const?.ToString()
            ?? (c.Enum is { } known ? string.Join(", ", known.Take(8)) : Words(c.Types) + " " + NumberBounds.Of(c));
        Add(
            rule,
            accepted,
            string.Join(", ", values.Take(8)),
            true,
            $"{string.Join(", ", texts)} may be emitted",
            rule == ContractRule.Labels
                ? "map the new labels with an adapter, or let the reader declare x-onUnknown"
                : "emit only what the reader accepts, or let the reader accept it",
            texts
        );
    }

    /// <summary>
    /// Whether nothing can fit: then every reader accepts it. Looks into required members down to a depth.
    /// </summary>
    private bool IsEmpty(SchemaFacts p, int depth)
    {
        if (p.Impossible || p.Types == JsonTypes.None || Finite(p) is { Count: 0 })
        {
            return true;
        }

        if (p.Choices.Count is > 0 and <= 8 && depth > 0)
        {
            return p.Split().All(way => IsEmpty(way, depth - 1));
        }

        return (p.Types & (JsonTypes.Null | JsonTypes.Boolean)) == JsonTypes.None
            && ((p.Types & JsonTypes.Number) == JsonTypes.None || p.Bounds.Empty)
            && ((p.Types & JsonTypes.String) == JsonTypes.None || p.MinLength > p.MaxLength)
            && ((p.Types & JsonTypes.Array) == JsonTypes.None || p.MinItems > p.MaxItems)
            && (
                (p.Types & JsonTypes.Object) == JsonTypes.None
                || p.MinProperties > p.MaxProperties
                || p.Required.Count > p.MaxProperties
                || (depth > 0 && p.Required.Any(name => IsEmpty(p.Member(name), depth - 1)))
            );
    }

    /// <summary>A schema is itself; only without references, whose targets could differ.</summary>
    private static bool Identical(SchemaFacts p, SchemaNode c) =>
        p.Nodes.Any(n =>
            ReferenceEquals(n, c)
            || (
                JsonView.Same(n.Source.Text.View, n.Source.At, c.Source.Text.View, c.Source.At)
                && n.Source != SchemaNode.True.Source
                && !c.Source.ToString().Contains("\"$", StringComparison.Ordinal)
            )
        );

    private void Add(
        ContractRule rule,
        string? old,
        string? now,
        bool declared,
        string why,
        string fix,
        params string[] tries
    ) => Add(new SchemaFinding([.. _path], rule, old, now, declared, why, fix) { Tries = tries });

    private void Add(SchemaFinding finding)
    {
        if (_findings.Count < MaxFindings)
        {
            _findings.Add(finding);
        }
    }

    /// <summary>The findings of a proof that is only tried.</summary>
    private List<SchemaFinding> Trial(SchemaFacts p, SchemaNode c)
    {
        List<SchemaFinding> before = _findings;
        _findings = [];
        Prove(p, c);
        List<SchemaFinding> found = _findings;
        _findings = before;
        return found;
    }

    private void Inside(PathStep step, SchemaFacts p, SchemaNode c)
    {
        _path.Add(step);
        Prove(p, c);
        _path.RemoveAt(_path.Count - 1);
    }

    private static bool Valid(SchemaNode node, JsonValue value, SchemaScopes scopes)
    {
        var evaluation = new SchemaEvaluation(value.Text.View, scopes, 100_000);
        try
        {
            return evaluation.Check(node, value.At);
        }
        finally
        {
            evaluation.Dispose();
        }
    }

    private static JsonValue Text(string json) =>
        new(JsonText.Read(System.Text.Encoding.UTF8.GetBytes(json), "a value").Value, 0);

    /// <summary>
    /// Schemas made for the proof have no number: what they add stands in the types and the required names.
    /// </summary>
    private string Key(SchemaFacts p, SchemaNode c) =>
        string.Join(',', p.Nodes.Where(n => n.Location.Length > 0).Select(Number).Order())
        + $":{(int)p.Types}:{string.Join(',', p.Required.Order(StringComparer.Ordinal))}|{Number(c)}";

    private int Number(SchemaNode node)
    {
        if (!_numbers.TryGetValue(node, out int number))
        {
            _numbers[node] = number = _numbers.Count;
        }

        return number;
    }

    private static string Words(JsonTypes types)
    {
        if (types == JsonTypes.All)
        {
            return "anything";
        }

        var names = new List<string>();
        foreach (
            (JsonTypes bit, string name) in new[]
            {
                (JsonTypes.Null, "null"),
                (JsonTypes.Boolean, "boolean"),
                (JsonTypes.Object, "object"),
                (JsonTypes.Array, "array"),
                (JsonTypes.String, "string"),
            }
        )
        {
            if ((types & bit) != JsonTypes.None)
            {
                names.Add(name);
            }
        }

        if ((types & JsonTypes.Number) != JsonTypes.None)
        {
            names.Add(
                (types & JsonTypes.Number) switch
                {
                    JsonTypes.Number => "number",
                    JsonTypes.Integer => "integer",
                    _ => "number with a fraction",
                }
            );
        }

        return names.Count == 0 ? "nothing" : string.Join(" or ", names);
    }
}
