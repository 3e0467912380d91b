using System.Globalization;

namespace Handover.Core.Evidence;

/// <summary>
/// The bins in which predictions are compared, frozen from stable's answers (statistics.md 1.6): for scores the deciles
/// and the top 1 % and 0.1 %, for classes each frequent class. Every answer falls into exactly one bin.
/// </summary>
/// <param name="Edges">Upper edges of score bins, ascending; empty for classes.</param>
/// <param name="Classes">Classes with a bin of their own; empty for scores.</param>
public sealed record PredictionBins(IReadOnlyList<double> Edges, IReadOnlyList<string> Classes)
{
    /// <summary>Most classes with a bin of their own; the others share one.</summary>
    public const int MostClasses = 24;

    // Up to so many different numbers are the names of classes rather than scores.
    private const int FewNumbers = 16;

    private static readonly double[] Levels = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 0.999];

    /// <summary>Number of bins; the last one takes what is no number, or no frequent class.</summary>
    public int Count => (Edges.Count > 0 ? Edges.Count + 1 : Classes.Count) + 1;

    /// <summary>
    /// Freezes the bins; null when there are fewer than <see cref="Quantiles.LeastAnswers"/> answers, and then the
    /// metric is missing and the rollout holds.
    /// </summary>
    /// <param name="outputs">Stable's last outputs, numbers in their shortest form, in any order.</param>
    public static PredictionBins? Freeze(IReadOnlyList<string> outputs)
    {
        if (outputs.Count < Quantiles.LeastAnswers)
        {
            return null;
        }

        var numbers = new List<double>();
        foreach (string output in outputs)
        {
            if (Number(output) is { } number)
            {
                numbers.Add(number);
            }
        }

        return numbers.Count == outputs.Count && numbers.Distinct().Count() > FewNumbers
            ? new PredictionBins(EdgesOf(numbers), [])
            : new PredictionBins([], ClassesOf(outputs));
    }

    /// <summary>The bin of an output, in [0, <see cref="Count"/>).</summary>
    public int Of(string output)
    {
        if (Edges.Count == 0)
        {
            for (int i = 0; i < Classes.Count; i++)
            {
                if (string.Equals(Classes[i], output, StringComparison.Ordinal))
                {
                    return i;
                }
            }

            return Classes.Count;
        }

        if (Number(output) is not { } number)
        {
            return Count - 1;
        }

        int bin = 0;
        while (bin < Edges.Count && number > Edges[bin])
        {
            bin++;
        }

        return bin;
    }

    /// <summary>What people call a bin, e.g. <c>above 5,324</c> or <c>class fraud</c>.</summary>
    public string Name(int bin)
    {
        if (Edges.Count == 0)
        {
            return bin < Classes.Count ? $"class {Classes[bin]}" : "any other class";
        }

        return bin > Edges.Count ? "no number"
            : bin == Edges.Count ? $"above {Text(Edges[^1])}"
            : bin == 0 ? $"up to {Text(Edges[0])}"
            : $"{Text(Edges[bin - 1])} to {Text(Edges[bin])}";
    }

    private static List<double> EdgesOf(List<double> numbers)
    {
        numbers.Sort();
        var edges = new List<double>();
        foreach (double level in Levels)
        {
            double edge = numbers[(int)Math.Ceiling(level * numbers.Count) - 1];
            if (edges.Count == 0 || edge > edges[^1])
            {
                edges.Add(edge);
            }
        }

        return edges;
    }

    private static IReadOnlyList<string> ClassesOf(IReadOnlyList<string> outputs) =>
        [
            .. outputs
                .GroupBy(o => o, StringComparer.Ordinal)
                .OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key, StringComparer.Ordinal)
                .Take(MostClasses)
                .Select(g => g.Key),
        ];

    private static double? Number(string output) =>
        double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number)
            ? number
            : null;

    private static string Text(double edge) => edge.ToString("#,0.####", CultureInfo.InvariantCulture);
}
