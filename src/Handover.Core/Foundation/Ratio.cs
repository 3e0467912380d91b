namespace Handover.Core.Foundation;

/// <summary>A number in [0, 1]: a probability, a rate or a fraction. Never a percentage.</summary>
public readonly record struct Ratio : IComparable<Ratio>
{
    /// <summary>Makes a ratio; throws when <paramref name="value"/> is not in [0, 1].</summary>
    public Ratio(double value)
    {
        Invariant.Holds(value is >= 0 and <= 1, $"a ratio lies in [0, 1], got {value}");
        Value = value;
    }

    /// <summary>The number itself, in [0, 1].</summary>
    public double Value { get; }

    /// <summary>Nothing: 0.</summary>
    public static Ratio Zero { get; } = new(0);

    /// <summary>Everything: 1.</summary>
    public static Ratio One { get; } = new(1);

    /// <summary>A ratio from a percentage in [0, 100].</summary>
    public static Ratio FromPercent(double percent) => new(percent / 100);

    /// <inheritdoc/>
    public int CompareTo(Ratio other) => Value.CompareTo(other.Value);

    /// <summary>As a percentage, e.g. <c>12.5%</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Value * 100:0.###}%");
}
