using Handover.Core.Contracts.Schemas;

namespace Handover.Core.Contracts.Compatibility;

/// <summary>An interval of numbers; an end that is null is not declared.</summary>
/// <param name="Low">The lower end.</param>
/// <param name="High">The upper end.</param>
internal readonly record struct NumberBounds(BoundEnd? Low, BoundEnd? High)
{
    private static readonly JsonDecimal One = JsonDecimal.Of(1L);
    private static readonly JsonDecimal MinusOne = JsonDecimal.Of(-1L);

    /// <summary>Every number.</summary>
    public static NumberBounds None { get; } = new(null, null);

    /// <summary>Whether no number lies in it.</summary>
    public bool Empty =>
        Low is { } low
        && High is { } high
        && low.Value.CompareTo(high.Value) is var order
        && (order > 0 || (order == 0 && (low.Excluded || high.Excluded)));

    /// <summary>The bounds that a schema declares.</summary>
    public static NumberBounds Of(SchemaNode node)
    {
        BoundEnd? low = node.Minimum is { } least ? new BoundEnd(least, false) : null;
        BoundEnd? high = node.Maximum is { } most ? new BoundEnd(most, false) : null;
        var bounds = new NumberBounds(low, high);
        return bounds.Within(
            new NumberBounds(
                node.ExclusiveMinimum is { } above ? new BoundEnd(above, true) : null,
                node.ExclusiveMaximum is { } below ? new BoundEnd(below, true) : null
            )
        );
    }

    /// <summary>What lies in both.</summary>
    public NumberBounds Within(NumberBounds other) =>
        new(
            Low is { } low && other.Low is { } otherLow ? (low.Above(otherLow) ? low : otherLow) : Low ?? other.Low,
            High is { } high && other.High is { } otherHigh
                ? (high.Below(otherHigh) ? high : otherHigh)
                : High ?? other.High
        );

    /// <summary>For whole numbers an excluded whole end is the next one, included.</summary>
    public NumberBounds Tightened(JsonTypes types) =>
        types.HasFlag(JsonTypes.Fraction)
            ? this
            : new(
                Low is { Excluded: true, Value.IsInteger: true } low ? new(low.Value + One, false) : Low,
                High is { Excluded: true, Value.IsInteger: true } high ? new(high.Value + MinusOne, false) : High
            );

    /// <summary>For people: [0, 10), (-∞, 5].</summary>
    public override string ToString() =>
        (Low is { } low ? (low.Excluded ? "(" : "[") + low.Value : "(-∞")
        + ", "
        + (High is { } high ? high.Value + (high.Excluded ? ")" : "]") : "∞)");
}

/// <summary>One end of an interval.</summary>
/// <param name="Value">Where it is.</param>
/// <param name="Excluded">Whether the value itself lies outside.</param>
internal readonly record struct BoundEnd(JsonDecimal Value, bool Excluded)
{
    /// <summary>As a lower end: whether it leaves out at least what the other leaves out.</summary>
    public bool Above(BoundEnd other) =>
        Value.CompareTo(other.Value) is var order && (order > 0 || (order == 0 && (Excluded || !other.Excluded)));

    /// <summary>As an upper end: likewise.</summary>
    public bool Below(BoundEnd other) =>
        Value.CompareTo(other.Value) is var order && (order < 0 || (order == 0 && (Excluded || !other.Excluded)));
}
