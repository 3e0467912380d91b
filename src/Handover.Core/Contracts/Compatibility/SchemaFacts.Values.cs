using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>Which values there are, where they are few; whether there are any; when two facts are one.</summary>
internal sealed partial class SchemaFacts : IEquatable<SchemaFacts>
{
    private const int MaxFinite = 1_000;
    private const int MaxDepth = 4;
    private static readonly JsonValue[] Literals = [Text("null"), Text("true"), Text("false")];

    private readonly bool?[] _empty = new bool?[MaxDepth + 1];
    private IReadOnlyList<JsonValue>? _listed;
    private bool _listing;
    private int? _hash;

    /// <summary>
    /// The values, where there are few: enums, constants, booleans, null, short integer ranges; null where not.
    /// </summary>
    /// <param name="scopes">The writer's dynamic scopes; the same ones each time.</param>
    public IReadOnlyList<JsonValue>? Listed(SchemaScopes scopes)
    {
        if (!_listing)
        {
            _listing = true;
            _listed = Some()?.Where(v => Nodes.All(n => Valid(n, v, scopes))).ToList();
        }

        return _listed;
    }

    /// <summary>
    /// Whether nothing can fit: then every reader accepts it. Looks into required members down to a depth of at most 4.
    /// </summary>
    public bool IsEmpty(SchemaScopes scopes, int depth)
    {
        if (_empty[depth] is not { } known)
        {
            _empty[depth] = known = FindEmpty(scopes, depth);
        }

        return known;
    }

    /// <summary>Whether a value is valid under one schema.</summary>
    public static bool Valid(SchemaNode node, JsonValue value, SchemaScopes scopes)
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

    /// <summary>A value from its JSON.</summary>
    public static JsonValue Text(string json) => new(JsonText.Read(Encoding.UTF8.GetBytes(json), "a value").Value, 0);

    /// <summary>
    /// Whether both say the same of a value. Schemas made for the proof are new each time: what they add stands in the
    /// types and the required names.
    /// </summary>
    public bool Equals(SchemaFacts? other) =>
        ReferenceEquals(this, other)
        || (
            other is not null
            && Types == other.Types
            && GetHashCode() == other.GetHashCode()
            && Required.SetEquals(other.Required)
            && Written(this).SetEquals(Written(other))
        );

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SchemaFacts);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash is not { } hash)
        {
            hash = ((int)Types * 397) ^ Required.Count;
            foreach (SchemaNode node in Nodes)
            {
                hash += node.Address.Length > 0 ? RuntimeHelpers.GetHashCode(node) * 31 : 0;
            }

            _hash = hash;
        }

        return hash;
    }

    private static HashSet<SchemaNode> Written(SchemaFacts facts) =>
        facts.Nodes.Where(n => n.Address.Length > 0).ToHashSet();

    private IEnumerable<JsonValue>? Some()
    {
        IEnumerable<JsonValue>? some = null;
        foreach (SchemaNode node in Nodes)
        {
            some = node.Const is { } constant ? [constant] : some ?? (node.ReadsUnknownLabels ? null : node.Enum);
        }

        return some is not null ? some
            : (Types & ~(JsonTypes.Null | JsonTypes.Boolean)) == JsonTypes.None ? Literals
            : Types == JsonTypes.Integer && Span(Bounds) is { } span
                ? Enumerable
                    .Range(0, span.Count)
                    .Select(i => Text((span.Low + i).ToString(CultureInfo.InvariantCulture)))
            : null;
    }

    private static (long Low, int Count)? Span(NumberBounds bounds) =>
        bounds.Low is { Excluded: false } low
        && bounds.High is { Excluded: false } high
        && low.Value.TryWhole(out long first)
        && high.Value.TryWhole(out long last)
        && last - first is >= 0 and < MaxFinite
            ? (first, (int)(last - first) + 1)
            : null;

    private bool FindEmpty(SchemaScopes scopes, int depth)
    {
        if (Impossible || Types == JsonTypes.None || Listed(scopes) is { Count: 0 })
        {
            return true;
        }

        if (Choices.Count is > 0 and <= 8 && depth > 0)
        {
            return Split().All(way => way.IsEmpty(scopes, depth - 1));
        }

        return (Types & (JsonTypes.Null | JsonTypes.Boolean)) == JsonTypes.None
            && ((Types & JsonTypes.Number) == JsonTypes.None || Bounds.Empty)
            && ((Types & JsonTypes.String) == JsonTypes.None || MinLength > MaxLength)
            && ((Types & JsonTypes.Array) == JsonTypes.None || MinItems > MaxItems)
            && (
                (Types & JsonTypes.Object) == JsonTypes.None
                || MinProperties > MaxProperties
                || Required.Count > MaxProperties
                || (depth > 0 && Required.Any(name => Member(name).IsEmpty(scopes, depth - 1)))
            );
    }
}
