namespace Handover.Core.Foundation;

/// <summary>
/// A share of entities in whole parts of 100,000. Integers, so that every gateway in every language draws the same
/// line.
/// </summary>
public readonly record struct Share : IComparable<Share>
{
    /// <summary>All parts together.</summary>
    public const int Whole = 100_000;

    /// <summary>Makes a share of <paramref name="parts"/> in [0, 100,000].</summary>
    public Share(int parts)
    {
        Invariant.Holds(parts is >= 0 and <= Whole, $"a share lies in [0, {Whole}] parts, got {parts}");
        Parts = parts;
    }

    /// <summary>Parts of 100,000.</summary>
    public int Parts { get; }

    /// <summary>Nobody.</summary>
    public static Share None { get; } = new(0);

    /// <summary>Everybody.</summary>
    public static Share All { get; } = new(Whole);

    /// <summary>As a number in [0, 1].</summary>
    public Ratio Ratio => new((double)Parts / Whole);

    /// <summary>A share from a percentage in [0, 100], rounded to the nearest part.</summary>
    public static Share FromPercent(double percent) => new((int)Math.Round(percent * (Whole / 100)));

    /// <inheritdoc/>
    public int CompareTo(Share other) => Parts.CompareTo(other.Parts);

    /// <summary>As a percentage, e.g. <c>12.5%</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Parts / 1000.0:0.###}%");
}
