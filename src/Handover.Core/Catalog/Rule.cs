namespace Handover.Core.Catalog;

/// <summary>
/// A segment's condition: the subset of JSONLogic (as flagd reads it) that compares attributes with constants.
/// All attributes are strings; an absent attribute is the empty string and matches nothing but <see cref="Equal"/> "".
/// </summary>
public abstract record Rule
{
    private Rule() { }

    /// <summary>Whether the attributes satisfy the rule.</summary>
    public abstract bool Matches(IReadOnlyDictionary<string, string> attributes);

    private static string Read(IReadOnlyDictionary<string, string> attributes, string name) =>
        attributes.TryGetValue(name, out string? value) ? value : "";

    /// <summary><c>{"in": [{"var": V}, [..]]}</c>: the attribute is one of the values.</summary>
    public sealed record In(string Attribute, IReadOnlyList<string> Values) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            Values.Contains(Read(attributes, Attribute), StringComparer.Ordinal);
    }

    /// <summary><c>{"==": [{"var": V}, "x"]}</c>.</summary>
    public sealed record Equal(string Attribute, string Value) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            string.Equals(Read(attributes, Attribute), Value, StringComparison.Ordinal);
    }

    /// <summary><c>{"starts_with": [{"var": V}, "x"]}</c>.</summary>
    public sealed record StartsWith(string Attribute, string Value) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            Read(attributes, Attribute).StartsWith(Value, StringComparison.Ordinal);
    }

    /// <summary><c>{"ends_with": [{"var": V}, "x"]}</c>.</summary>
    public sealed record EndsWith(string Attribute, string Value) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            Read(attributes, Attribute).EndsWith(Value, StringComparison.Ordinal);
    }

    /// <summary><c>{"and": [..]}</c>.</summary>
    public sealed record And(IReadOnlyList<Rule> Rules) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            Rules.All(r => r.Matches(attributes));
    }

    /// <summary><c>{"or": [..]}</c>.</summary>
    public sealed record Or(IReadOnlyList<Rule> Rules) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) =>
            Rules.Any(r => r.Matches(attributes));
    }

    /// <summary><c>{"!": [..]}</c>.</summary>
    public sealed record Not(Rule Inner) : Rule
    {
        /// <inheritdoc/>
        public override bool Matches(IReadOnlyDictionary<string, string> attributes) => !Inner.Matches(attributes);
    }
}
