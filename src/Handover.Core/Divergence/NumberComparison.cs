namespace Handover.Core.Divergence;

/// <summary>Compares quantities. NaN equals NaN and differs from every number; infinities equal themselves.</summary>
public static class NumberComparison
{
    // 2^53: every integer below it is a double of its own.
    private const double MostExact = 9007199254740992;

    /// <summary>
    /// Whether two numbers are the same by the tolerances of an output, and on the same side of its threshold if it has
    /// one. A value that is no number is below every threshold.
    /// </summary>
    public static bool Same(double a, double b, Tolerances rules) =>
        !(rules.Threshold is { } at && a >= at != b >= at) && Same(a, b, rules.Absolute, rules.Relative, rules.Ulps);

    /// <summary>
    /// Whether |a - b| is at most absolute + relative x max(|a|, |b|), or they are at most so many ULPs apart.
    /// </summary>
    public static bool Same(double a, double b, double absolute, double relative, long ulps = 0)
    {
        if (a.Equals(b) || a == b)
        {
            return true;
        }

        if (!double.IsFinite(a) || !double.IsFinite(b))
        {
            return false;
        }

        return Math.Abs(a - b) <= absolute + (relative * Math.Max(Math.Abs(a), Math.Abs(b)))
            || (ulps > 0 && Ulps(a, b) <= (ulong)ulps);
    }

    /// <summary>
    /// Whether two JSON numbers name one class: equal values, and beyond 2^53, where neighbours round to one double,
    /// equal texts.
    /// </summary>
    internal static bool SameLabel(double a, double b, bool sameText) =>
        sameText || (a == b && Math.Abs(a) < MostExact);

    /// <summary>
    /// How many doubles lie between the two, counted over the sign: -0 and 0 are 0 apart. The largest count when one of
    /// them is NaN and the other is not.
    /// </summary>
    public static ulong Ulps(double a, double b)
    {
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return double.IsNaN(a) && double.IsNaN(b) ? 0 : ulong.MaxValue;
        }

        long x = Folded(a);
        long y = Folded(b);
        return x >= y ? (ulong)x - (ulong)y : (ulong)y - (ulong)x;
    }

    /// <summary>
    /// |a - b| / max(|a|, |b|), cut at 1, which opposite signs reach; 0 for equal values, 1 when one is not a finite
    /// number.
    /// </summary>
    public static double Severity(double a, double b)
    {
        if (a.Equals(b) || a == b)
        {
            return 0;
        }

        if (!double.IsFinite(a) || !double.IsFinite(b))
        {
            return 1;
        }

        // Halving keeps the difference of two huge values finite.
        double largest = Math.Max(Math.Abs(a), Math.Abs(b));
        return Math.Min(1, Math.Abs((a / 2) - (b / 2)) / (largest / 2));
    }

    // Order of doubles as order of integers: negative ones are mirrored around zero.
    private static long Folded(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return bits >= 0 ? bits : long.MinValue - bits;
    }
}
