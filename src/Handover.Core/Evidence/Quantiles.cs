namespace Handover.Core.Evidence;

/// <summary>The quantiles at which a distribution is compared: its middle and its tail.</summary>
public static class Quantiles
{
    /// <summary>Fewest answers from which thresholds are frozen.</summary>
    public const int LeastAnswers = 1_000;

    /// <summary>Index of the 99th percentile in <see cref="Levels"/>.</summary>
    public const int P99 = 4;

    /// <summary>Index of the 90th percentile in <see cref="Levels"/>.</summary>
    public const int P90 = 2;

    /// <summary>The quantiles, in (0, 1), ascending.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.50, 0.75, 0.90, 0.95, 0.99, 0.999];

    /// <summary>Values at <see cref="Levels"/> by nearest rank; null when there are too few to say.</summary>
    public static double[]? Freeze(IReadOnlyList<double> values)
    {
        if (values.Count < LeastAnswers)
        {
            return null;
        }

        double[] sorted = [.. values];
        Array.Sort(sorted);
        return [.. Levels.Select(q => sorted[(int)Math.Ceiling(q * sorted.Length) - 1])];
    }
}
