using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// What a conjunction of schemas says of one value, gathered: references followed, <c>allOf</c> merged, alternatives
/// listed. Keywords that cannot be gathered (<c>not</c>, dynamic references) are left out, so the facts allow at least
/// what the schemas allow: a proof over the facts is a proof over the schemas.
/// </summary>
internal sealed class SchemaFacts
{
    private readonly IReadOnlyList<SchemaNode> _given;
    private readonly HashSet<object> _chosen;

    private SchemaFacts(IReadOnlyList<SchemaNode> given, HashSet<object> chosen)
    {
        _given = given;
        _chosen = chosen;
        var nodes = new List<SchemaNode>();
        var seen = new HashSet<SchemaNode>(ReferenceEqualityComparer.Instance);
        foreach (SchemaNode node in given)
        {
            Flatten(node, nodes, seen);
        }

        Nodes = nodes;
        foreach (SchemaNode node in nodes)
        {
            Types &= node.Types;
            Bounds = Bounds.Within(NumberBounds.Of(node));
            MinLength = Math.Max(MinLength, node.MinLength);
            MaxLength = Math.Min(MaxLength, node.MaxLength);
            MinItems = Math.Max(MinItems, node.MinItems);
            MaxItems = Math.Min(MaxItems, node.MaxItems);
            MinProperties = Math.Max(MinProperties, node.MinProperties);
            MaxProperties = Math.Min(MaxProperties, node.MaxProperties);
            Required.UnionWith(node.Properties.Entries.Where(e => e.Required).Select(e => e.Name));
            Alternatives(node);
        }

        Bounds = Bounds.Tightened(Types);
    }

    /// <summary>Every schema that judges the value.</summary>
    public IReadOnlyList<SchemaNode> Nodes { get; }

    /// <summary>Whether nothing fits, because some schema is false.</summary>
    public bool Impossible { get; private set; }

    public JsonTypes Types { get; } = JsonTypes.All;
    public NumberBounds Bounds { get; } = NumberBounds.None;
    public long MinLength { get; }
    public long MaxLength { get; } = long.MaxValue;
    public long MinItems { get; }
    public long MaxItems { get; } = long.MaxValue;
    public long MinProperties { get; }
    public long MaxProperties { get; } = long.MaxValue;
    public HashSet<string> Required { get; } = new(StringComparer.Ordinal);

    /// <summary>Choices that are still open: of each, one list of schemas holds as well.</summary>
    public List<(object Key, SchemaNode[][] Ways)> Choices { get; } = [];

    /// <summary>Steps of which a number must be a multiple, as far as they are declared.</summary>
    public IEnumerable<JsonDecimal> Steps => Nodes.Select(n => n.MultipleOf).OfType<JsonDecimal>();

    /// <summary>Gathers one schema.</summary>
    public static SchemaFacts Of(params IEnumerable<SchemaNode> nodes) =>
        new([.. nodes], new HashSet<object>(ReferenceEqualityComparer.Instance));

    /// <summary>The same value under one more schema.</summary>
    public SchemaFacts And(SchemaNode more) => new([.. _given, more], _chosen);

    /// <summary>The same value, where it has one of these types.</summary>
    public SchemaFacts Only(JsonTypes types) =>
        (Types & types) == Types
            ? this
            : And(
                new SchemaNode
                {
                    Location = "",
                    Resource = 0,
                    Source = SchemaNode.True.Source,
                    Types = types,
                }
            );

    /// <summary>The same value, where it has a member of this name.</summary>
    public SchemaFacts Having(string name) =>
        And(
            new SchemaNode
            {
                Location = "",
                Resource = 0,
                Source = SchemaNode.True.Source,
                Properties = new PropertyTable([new PropertyTable.Entry(name, null, true)]),
            }
        );

    /// <summary>The ways of the first open choice.</summary>
    public IEnumerable<SchemaFacts> Split()
    {
        (object key, SchemaNode[][] ways) = Choices[0];
        var chosen = new HashSet<object>(_chosen, ReferenceEqualityComparer.Instance) { key };
        return ways.Select(way => new SchemaFacts([.. _given, .. way], chosen));
    }

    /// <summary>What is said of the member <paramref name="name"/>.</summary>
    public SchemaFacts Member(string name) => Of(MemberSchemas(name));

    /// <summary>Whether any schema says something of this member by name or pattern.</summary>
    public bool Declares(string name) =>
        Nodes.Any(n =>
            n.Properties.Find(name)?.Schema is not null
            || Array.Exists(n.PatternProperties, p => p.Pattern.IsMatch(name))
        );

    /// <summary>What is said of members that no schema names.</summary>
    public SchemaFacts Others()
    {
        var said = Nodes.Select(n => n.AdditionalProperties).OfType<SchemaNode>().ToList();
        said.AddRange(Closing());
        return Of(said);
    }

    /// <summary>What is said of the item at a place.</summary>
    public SchemaFacts Item(int at) =>
        Of(Nodes.Select(n => at < n.PrefixItems.Length ? n.PrefixItems[at] : n.Items).OfType<SchemaNode>());

    /// <summary>Places that some schema speaks of one by one.</summary>
    public int Prefix => Nodes.Count == 0 ? 0 : Nodes.Max(n => n.PrefixItems.Length);

    /// <summary>Every member that is named.</summary>
    public IEnumerable<string> Names =>
        Nodes.SelectMany(n => n.Properties.Entries).Select(e => e.Name).Distinct(StringComparer.Ordinal);

    private IEnumerable<SchemaNode> MemberSchemas(string name)
    {
        foreach (SchemaNode node in Nodes)
        {
            bool known = false;
            if (node.Properties.Find(name)?.Schema is { } schema)
            {
                known = true;
                yield return schema;
            }

            foreach ((System.Text.RegularExpressions.Regex pattern, _, SchemaNode matched) in node.PatternProperties)
            {
                if (pattern.IsMatch(name))
                {
                    known = true;
                    yield return matched;
                }
            }

            if (!known && node.AdditionalProperties is { } others)
            {
                yield return others;
            }
        }

        if (!Declares(name))
        {
            foreach (SchemaNode rest in Closing())
            {
                yield return rest;
            }
        }
    }

    /// <summary>Unevaluated members are the unnamed ones only where every schema is in the facts.</summary>
    private IEnumerable<SchemaNode> Closing() =>
        Choices.Count > 0
        || Nodes.Any(n =>
            n.If is not null
            || n.Not is not null
            || n.DynamicName is not null
            || n.DependentSchemas.Length > 0
            || n.AnyOf.Length > 0
            || n.OneOf.Length > 0
        )
            ? []
            : Nodes.Select(n => n.UnevaluatedProperties).OfType<SchemaNode>();

    private void Flatten(SchemaNode node, List<SchemaNode> nodes, HashSet<SchemaNode> seen)
    {
        if (node.Always is { } always)
        {
            Impossible |= !always;
            return;
        }

        if (!seen.Add(node))
        {
            return;
        }

        nodes.Add(node);
        if (node.Ref is { } target)
        {
            Flatten(target, nodes, seen);
        }

        if (node is { DynamicRef: { } fixedTarget, DynamicName: null })
        {
            Flatten(fixedTarget, nodes, seen);
        }

        foreach (SchemaNode part in node.AllOf)
        {
            Flatten(part, nodes, seen);
        }
    }

    private void Alternatives(SchemaNode node)
    {
        if (node.AnyOf.Length > 0 && !_chosen.Contains(node.AnyOf))
        {
            Choices.Add((node.AnyOf, [.. node.AnyOf.Select(n => new[] { n })]));
        }

        if (node.OneOf.Length > 0 && !_chosen.Contains(node.OneOf))
        {
            Choices.Add((node.OneOf, [.. node.OneOf.Select(n => new[] { n })]));
        }

        if (node.If is { } condition && (node.Then ?? node.Else) is not null && !_chosen.Contains(condition))
        {
            Choices.Add(
                (
                    condition,
                    [
                        [condition, node.Then ?? SchemaNode.True],
                        [node.Else ?? SchemaNode.True],
                    ]
                )
            );
        }
    }
}
