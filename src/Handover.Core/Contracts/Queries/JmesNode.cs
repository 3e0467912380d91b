namespace Handover.Core.Contracts.Queries;

/// <summary>
/// A parsed JMESPath expression: a closed family, one record per thing that the grammar can say. It is data only; what
/// it means is in <see cref="JmesEvaluation"/>.
/// </summary>
internal abstract record JmesNode
{
    private JmesNode() { }

    /// <summary>The value at hand: <c>@</c>, and what stands before a bracket that stands alone.</summary>
    public sealed record Current : JmesNode;

    public sealed record Literal(JmesValue Value) : JmesNode;

    public sealed record Field(string Name) : JmesNode;

    /// <summary>What the right side makes of what the left side found: <c>a.b</c>, <c>a | b</c>.</summary>
    public sealed record Then(JmesNode Left, JmesNode Right) : JmesNode;

    public sealed record Index(JmesNode Of, int At) : JmesNode;

    public sealed record Slice(JmesNode Of, int? Start, int? Stop, int? Step) : JmesNode;

    public sealed record Flatten(JmesNode Of) : JmesNode;

    /// <summary>The right side for each item of a list, without those that are null.</summary>
    public sealed record Projection(JmesNode Left, JmesNode Right) : JmesNode;

    /// <summary>The right side for each value of a map, without those that are null.</summary>
    public sealed record Values(JmesNode Left, JmesNode Right) : JmesNode;

    /// <summary>A projection of the items that a condition holds for.</summary>
    public sealed record Filter(JmesNode Left, JmesNode Condition, JmesNode Right) : JmesNode;

    public sealed record ListOf(IReadOnlyList<JmesNode> Items) : JmesNode;

    public sealed record MapOf(IReadOnlyList<KeyValuePair<string, JmesNode>> Members) : JmesNode;

    public sealed record Or(JmesNode Left, JmesNode Right) : JmesNode;

    public sealed record And(JmesNode Left, JmesNode Right) : JmesNode;

    public sealed record Not(JmesNode Of) : JmesNode;

    public sealed record Compare(JmesComparison How, JmesNode Left, JmesNode Right) : JmesNode;

    /// <summary>An expression handed to a function unevaluated: <c>&amp;price</c>.</summary>
    public sealed record Reference(JmesNode Of) : JmesNode;

    public sealed record Call(JmesFunction Function, IReadOnlyList<JmesNode> Arguments) : JmesNode;
}

/// <summary>How two values are compared.</summary>
internal enum JmesComparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}
