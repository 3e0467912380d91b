namespace Handover.Core.Divergence;

/// <summary>
/// Compares two sets of detected boxes, whose order means nothing: each box of one set is matched with at most one of
/// the other so that the matched boxes overlap as much as they can in total, which is an assignment problem and is
/// solved exactly (Kuhn 1955, Munkres 1957; here in the form with potentials, O(n^3)).
/// </summary>
/// <remarks>A box is four numbers: left, top, right, bottom, in any unit. One turned inside out has no area.</remarks>
public static class BoxComparison
{
    /// <summary>Boxes of one answer that are compared at most, the first ones.</summary>
    public const int MostBoxes = 300;

    /// <summary>
    /// Area of the intersection by area of the union, in [0, 1]. Equal boxes have 1, also when they have no area; a box
    /// with a value that is not finite has 0 with every other.
    /// </summary>
    /// <param name="a">Left, top, right, bottom.</param>
    /// <param name="b">The same of the other.</param>
    public static double IntersectionOverUnion(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        if (a[..4].SequenceEqual(b[..4]))
        {
            return 1;
        }

        double width = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0]));
        double height = Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        double both = width * height;
        double union = Area(a) + Area(b) - both;
        double overlap = both / union;
        return double.IsFinite(overlap) ? Math.Clamp(overlap, 0, 1) : 0;
    }

    /// <summary>
    /// Sum of the overlaps of matched boxes by the number of boxes of the larger set, in [0, 1]: a box without a
    /// partner counts as one that overlaps with nothing. 1 when both sets are empty.
    /// </summary>
    /// <param name="a">Boxes of one answer, four numbers each.</param>
    /// <param name="b">Boxes of the other.</param>
    public static double Likeness(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        int n = Math.Min(a.Length / 4, MostBoxes);
        int m = Math.Min(b.Length / 4, MostBoxes);
        int size = Math.Max(n, m);
        if (size == 0)
        {
            return 1;
        }

        var overlap = new double[size, size];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < m; j++)
            {
                overlap[i, j] = IntersectionOverUnion(a.Slice(i * 4, 4), b.Slice(j * 4, 4));
            }
        }

        double sum = 0;
        foreach ((int i, int j) in Assign(overlap, size))
        {
            sum += overlap[i, j];
        }

        return sum / size;
    }

    // Rows are added one by one; each finds the cheapest alternating path to a free column under potentials that keep
    // every reduced cost at or above 0. Row 0 and column 0 stand for "none".
    private static List<(int Row, int Column)> Assign(double[,] gain, int size)
    {
        double[] rows = new double[size + 1];
        double[] columns = new double[size + 1];
        int[] rowOf = new int[size + 1];
        int[] back = new int[size + 1];
        for (int row = 1; row <= size; row++)
        {
            double[] least = new double[size + 1];
            bool[] done = new bool[size + 1];
            Array.Fill(least, double.PositiveInfinity);
            rowOf[0] = row;
            int at = 0;
            while (rowOf[at] != 0)
            {
                done[at] = true;
                at = Advance(gain, rows, columns, rowOf, back, least, done, at);
            }

            while (at != 0)
            {
                rowOf[at] = rowOf[back[at]];
                at = back[at];
            }
        }

        return [.. Enumerable.Range(1, size).Select(column => (rowOf[column] - 1, column - 1))];
    }

    private static int Advance(
        double[,] gain,
        double[] rows,
        double[] columns,
        int[] rowOf,
        int[] back,
        double[] least,
        bool[] done,
        int at
    )
    {
        int row = rowOf[at];
        int next = 0;
        double step = double.PositiveInfinity;
        for (int column = 1; column < least.Length; column++)
        {
            if (done[column])
            {
                continue;
            }

            double reduced = -gain[row - 1, column - 1] - rows[row] - columns[column];
            if (reduced < least[column])
            {
                (least[column], back[column]) = (reduced, at);
            }

            if (least[column] < step)
            {
                (step, next) = (least[column], column);
            }
        }

        for (int column = 0; column < least.Length; column++)
        {
            if (done[column])
            {
                rows[rowOf[column]] += step;
                columns[column] -= step;
            }
            else
            {
                least[column] -= step;
            }
        }

        return next;
    }

    private static double Area(ReadOnlySpan<double> box) => Math.Max(0, box[2] - box[0]) * Math.Max(0, box[3] - box[1]);
}
