using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>
/// A condition or a choice in flagd's targeting language, which is JSONLogic with flagd's operators: read once,
/// evaluated often. Its canonical text is its identity; two rules of the same text are equal.
/// </summary>
public sealed class Rule : IEquatable<Rule>
{
    private readonly RuleNode _root;

    internal Rule(string json, RuleNode root, IReadOnlyList<string> names, IReadOnlyList<string> references)
    {
        Json = json;
        _root = root;
        Names = names;
        References = references;
    }

    /// <summary>Matches nobody.</summary>
    public static Rule Nobody { get; } = Read("""{"!":[true]}""");

    /// <summary>The canonical text.</summary>
    public string Json { get; }

    /// <summary>What it reads: attributes, and <c>targetingKey</c> or <c>$flagd.…</c> where it does.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Names of other rules (<c>$ref</c>) it stands on; empty once they were replaced.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Reads a rule that is known to be sound; for constants.</summary>
    public static Rule Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        Result<Rule> rule = RuleCodec.Parse(document.RootElement);
        Invariant.Holds(rule.Ok, $"a constant rule is sound: {json}");
        return rule.Value;
    }

    /// <summary>Its value; a reference that was not put in its place has none.</summary>
    public RuleValue Evaluate(in RuleContext context) => _root.Evaluate(context);

    /// <summary>Whether a request of this entity with these attributes satisfies it.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> attributes, string? entity = null, string? name = null) =>
        _root
            .Evaluate(
                new RuleContext
                {
                    Attributes = attributes,
                    Entity = entity,
                    Flag = name,
                }
            )
            .Truthy;

    /// <inheritdoc/>
    public bool Equals(Rule? other) => other is not null && string.Equals(Json, other.Json, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Rule);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(Json, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Json;
}
