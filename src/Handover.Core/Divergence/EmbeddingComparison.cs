using Handover.Core.Foundation;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares vectors. The angle between two of them means something only in one space; vectors of two spaces are
/// compared by whether they call the same things near, for which a batch of them is needed.
/// </summary>
public static class EmbeddingComparison
{
    /// <summary>Vectors of one answer that are compared at most: neighbours take the square of their number.</summary>
    public const int MostVectors = 256;

    /// <summary>
    /// Cosine of the angle, in [-1, 1]; 1 when both are all zeros, 0 when one is, NaN when a value is not finite.
    /// </summary>
    public static double Cosine(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Invariant.Holds(a.Length == b.Length, "vectors of one space have one length");
        double largestA = Largest(a);
        double largestB = Largest(b);
        if (largestA == 0 || largestB == 0)
        {
            return largestA == largestB ? 1 : 0;
        }

        // Scaled by the largest value, so that squares neither overflow nor vanish.
        double dot = 0;
        double squareA = 0;
        double squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double x = a[i] / largestA;
            double y = b[i] / largestB;
            dot += x * y;
            squareA += x * x;
            squareB += y * y;
        }

        return Math.Clamp(dot / (Math.Sqrt(squareA) * Math.Sqrt(squareB)), -1, 1);
    }

    /// <summary>
    /// How far two spaces agree about what is near: for each of n things, the share of its k nearest others (by cosine,
    /// the first of equals) that both have, on average; in [0, 1]. NaN with fewer than three things, which have no
    /// choice of neighbours.
    /// </summary>
    /// <param name="a">n vectors of one space, one after the other.</param>
    /// <param name="b">n vectors of the same things in the other space, whose length may be another.</param>
    /// <param name="n">How many things.</param>
    /// <param name="k">How many neighbours; at most n - 2, since with all others nothing could differ.</param>
    public static double NeighbourOverlap(ReadOnlySpan<double> a, ReadOnlySpan<double> b, int n, int k = 10)
    {
        if (n < 3)
        {
            return double.NaN;
        }

        int all = Math.Min(n, MostVectors);
        int near = Math.Clamp(k, 1, all - 2);
        int[][] left = Neighbours(a, a.Length / n, all, near);
        int[][] right = Neighbours(b, b.Length / n, all, near);
        int shared = 0;
        for (int i = 0; i < all; i++)
        {
            shared += left[i].Intersect(right[i]).Count();
        }

        return (double)shared / (all * near);
    }

    private static int[][] Neighbours(ReadOnlySpan<double> vectors, int width, int n, int k)
    {
        int[][] result = new int[n][];
        for (int i = 0; i < n; i++)
        {
            var others = new List<(double Cosine, int Index)>(n);
            for (int j = 0; j < n; j++)
            {
                if (j != i)
                {
                    others.Add((Cosine(vectors.Slice(i * width, width), vectors.Slice(j * width, width)), j));
                }
            }

            result[i] = [.. others.OrderByDescending(o => o.Cosine).ThenBy(o => o.Index).Take(k).Select(o => o.Index)];
        }

        return result;
    }

    private static double Largest(ReadOnlySpan<double> vector)
    {
        double largest = 0;
        foreach (double value in vector)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        return largest;
    }
}
