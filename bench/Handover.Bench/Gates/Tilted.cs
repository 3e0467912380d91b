namespace Handover.Bench.Gates;

/// <summary>
/// The chance of a rare event, from runs that were drawn so that it is not rare, each weighted by how much likelier it
/// was made (Siegmund 1976). The e-values themselves say how: under the law on which they bet, nearly every run ends in
/// an alarm, and its weight is one over the evidence. The interval is some ten times narrower than from counting.
/// </summary>
/// <param name="Rate">The estimate.</param>
/// <param name="Error">Its standard error.</param>
/// <param name="Runs">Number of runs.</param>
public readonly record struct Tilted(double Rate, double Error, int Runs)
{
    /// <summary>Upper end of the 95 % interval.</summary>
    public double High => Rate + (1.959964 * Error);

    /// <summary>From the weights of the runs that ended in an alarm, and zero for those that did not.</summary>
    public static Tilted Of(double[] weights)
    {
        double mean = weights.Average();
        double variance = weights.Sum(w => (w - mean) * (w - mean)) / (weights.Length - 1);
        return new Tilted(mean, Math.Sqrt(variance / weights.Length), weights.Length);
    }

    /// <summary>E.g. <c>4.83% +- 0.03</c>.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Rate * 100:0.00}% +- {1.959964 * Error * 100:0.00}");
}
