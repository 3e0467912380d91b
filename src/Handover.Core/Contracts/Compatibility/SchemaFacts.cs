using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// What a conjunction of schemas says of one value, gathered: references followed, <c>allOf</c> merged, alternatives
/// listed. Keywords that cannot be gathered (<c>not</c>, dynamic references) are left out, so the facts allow at least
/// what the schemas allow: a proof over the facts is a proof over the schemas.
/// <para>
/// What follows from the facts alone is worked out once and kept with them: a writer is compared with a thousand
/// readers, and says the same to each. Facts are not for two threads at a time.
/// </para>
/// </summary>
internal sealed partial class SchemaFacts
{
    private const int MaxKept = 20_000;
    private static readonly HashSet<object> NothingChosen = new(ReferenceEqualityComparer.Instance);

    private readonly IReadOnlyList<SchemaNode> _given;
    private readonly HashSet<object> _chosen;
    private Dictionary<string, SchemaMember>? _members;
    private Dictionary<JsonTypes, SchemaFacts>? _only;
    private Dictionary<int, SchemaFacts>? _items;
    private SchemaFacts[]? _ways;
    private SchemaFacts? _others;
    private string[]? _names;

    private SchemaFacts(IReadOnlyList<SchemaNode> given, HashSet<object> chosen)
    {
        _given = given;
        _chosen = chosen;
        var nodes = new List<SchemaNode>(given.Count);
        foreach (SchemaNode node in given)
        {
            Flatten(node, nodes);
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
            HasMeaning |= node.HasMeaning;
            if (node.Properties.Required > 0)
            {
                Required.UnionWith(node.Properties.Entries.Where(e => e.Required).Select(e => e.Name));
            }

            Alternatives(node);
        }

        Bounds = Bounds.Tightened(Types);
    }

    /// <summary>Every schema that judges the value.</summary>
    public IReadOnlyList<SchemaNode> Nodes { get; }

    /// <summary>Whether some schema says what the value means, beyond its form.</summary>
    public bool HasMeaning { get; }

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
    public static SchemaFacts Of(params IEnumerable<SchemaNode> nodes) => new([.. nodes], NothingChosen);

    /// <summary>The same value under one more schema.</summary>
    public SchemaFacts And(SchemaNode more) => new([.. _given, more], _chosen);

    /// <summary>The same value, where it has one of these types.</summary>
    public SchemaFacts Only(JsonTypes types) =>
        (Types & types) == Types
            ? this
            : Kept(
                ref _only,
                types,
                static (facts, types) =>
                    facts.And(
                        new SchemaNode
                        {
                            Address = "",
                            Resource = 0,
                            Source = SchemaNode.True.Source,
                            Types = types,
                        }
                    )
            );

    /// <summary>The same value, where it has a member of this name.</summary>
    public SchemaFacts Having(string name) =>
        And(
            new SchemaNode
            {
                Address = "",
                Resource = 0,
                Source = SchemaNode.True.Source,
                Properties = new PropertyTable([new PropertyTable.Entry(name, null, true)]),
            }
        );

    /// <summary>The ways of the first open choice.</summary>
    public IReadOnlyList<SchemaFacts> Split()
    {
        if (_ways is null)
        {
            (object key, SchemaNode[][] ways) = Choices[0];
            var chosen = new HashSet<object>(_chosen, ReferenceEqualityComparer.Instance) { key };
            _ways = [.. ways.Select(way => new SchemaFacts([.. _given, .. way], chosen))];
        }

        return _ways;
    }

    /// <summary>What is said of the member <paramref name="name"/>.</summary>
    public SchemaFacts Member(string name) => MemberOf(name).Facts;

    /// <summary>Whether any schema says something of this member by name or pattern.</summary>
    public bool Declares(string name) => MemberOf(name).Declared;

    /// <summary>What is said of members that no schema names.</summary>
    public SchemaFacts Others() =>
        _others ??= Of(Nodes.Select(n => n.AdditionalProperties).OfType<SchemaNode>().Concat(Closing()));

    /// <summary>What is said of the item at a place.</summary>
    public SchemaFacts Item(int at) =>
        Kept(
            ref _items,
            // Places that nothing speaks of by themselves are all the same one.
            Math.Min(at, Prefix),
            static (facts, place) =>
                Of(
                    facts
                        .Nodes.Select(n => place < n.PrefixItems.Length ? n.PrefixItems[place] : n.Items)
                        .OfType<SchemaNode>()
                )
        );

    /// <summary>Places that some schema speaks of one by one.</summary>
    public int Prefix => Nodes.Count == 0 ? 0 : Nodes.Max(n => n.PrefixItems.Length);

    /// <summary>Every member that is named.</summary>
    public IReadOnlyList<string> Names =>
        _names ??=
            Nodes.Count == 1
                ? [.. Nodes[0].Properties.Entries.Select(e => e.Name)]
                : [.. Nodes.SelectMany(n => n.Properties.Entries).Select(e => e.Name).Distinct(StringComparer.Ordinal)];

    private SchemaMember MemberOf(string name) => Kept(ref _members, name, static (facts, name) => facts.Gather(name));

    private SchemaMember Gather(string name)
    {
        var said = new List<SchemaNode>(Nodes.Count);
        bool declared = false;
        foreach (SchemaNode node in Nodes)
        {
            bool known = false;
            if (node.Properties.Find(name)?.Schema is { } schema)
            {
                known = true;
                said.Add(schema);
            }

            foreach ((System.Text.RegularExpressions.Regex pattern, _, SchemaNode matched) in node.PatternProperties)
            {
                if (pattern.IsMatch(name))
                {
                    known = true;
                    said.Add(matched);
                }
            }

            declared |= known;
            if (!known && node.AdditionalProperties is { } others)
            {
                said.Add(others);
            }
        }

        if (!declared)
        {
            said.AddRange(Closing());
        }

        return new SchemaMember(Of(said), declared);
    }

    private TValue Kept<TKey, TValue>(
        ref Dictionary<TKey, TValue>? kept,
        TKey key,
        Func<SchemaFacts, TKey, TValue> make
    )
        where TKey : notnull
    {
        kept ??= [];
        if (!kept.TryGetValue(key, out TValue? value))
        {
            value = make(this, key);
            // A reader may ask a writer for names without end; what is past the bound is worked out each time.
            if (kept.Count < MaxKept)
            {
                kept[key] = value;
            }
        }

        return value;
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

    private void Flatten(SchemaNode node, List<SchemaNode> nodes)
    {
        if (node.Always is { } always)
        {
            Impossible |= !always;
            return;
        }

        if (nodes.Contains(node))
        {
            return;
        }

        nodes.Add(node);
        if (node.Ref is { } target)
        {
            Flatten(target, nodes);
        }

        if (node is { DynamicRef: { } fixedTarget, DynamicName: null })
        {
            Flatten(fixedTarget, nodes);
        }

        foreach (SchemaNode part in node.AllOf)
        {
            Flatten(part, nodes);
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

/// <summary>What a writer says of one member.</summary>
/// <param name="Facts">Of its value.</param>
/// <param name="Declared">Whether some schema speaks of it by name or pattern.</param>
internal readonly record struct SchemaMember(SchemaFacts Facts, bool Declared);
