namespace Handover.Bench;

/// <summary>A measured probability with its 95 % interval by Wilson.</summary>
/// <param name="Hits">How often it happened.</param>
/// <param name="Runs">In how many trials.</param>
public readonly record struct Wilson(long Hits, long Runs)
{
    private const double Z = 1.959964;

    /// <summary>The point estimate.</summary>
    public double Rate => (double)Hits / Runs;

    /// <summary>Lower end.</summary>
    public double Low => Math.Max(0, Centre - Half);

    /// <summary>Upper end.</summary>
    public double High => Math.Min(1, Centre + Half);

    /// <summary>
    /// Whether the measurement does not contradict "at most <paramref name="bound"/>". A test that uses its whole alpha
    /// measures above it half of the time; that it keeps the bound needs <see cref="High"/>, and many trials.
    /// </summary>
    public bool AtMost(double bound) => Low <= bound;

    private double Centre => (Rate + (Z * Z / (2 * Runs))) / (1 + (Z * Z / Runs));

    private double Half =>
        Z * Math.Sqrt((Rate * (1 - Rate) / Runs) + (Z * Z / (4.0 * Runs * Runs))) / (1 + (Z * Z / Runs));

    /// <summary>E.g. <c>2.40% [1.82, 3.16]</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Rate * 100:0.00}% [{Low * 100:0.00}, {High * 100:0.00}]");
}
