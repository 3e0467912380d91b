namespace Handover.Core.Divergence;

/// <summary>
/// Compares two rankings, the best item first. Items are unique within a ranking; repeats count once.
/// </summary>
public static class RankingComparison
{
    /// <summary>
    /// Extrapolated rank-biased overlap, RBO_ext, in [0, 1] (Webber, Moffat and Zobel 2010, equation 32, which also
    /// covers lists of different length): agreement at each depth, weighted by <paramref name="p"/>^depth, so that
    /// the top counts most. 1 when both are empty, 0 when one is.
    /// </summary>
    /// <param name="a">One ranking.</param>
    /// <param name="b">The other.</param>
    /// <param name="p">How patient the reader is, in (0, 1).</param>
    public static double RankBiasedOverlap(IReadOnlyList<string> a, IReadOnlyList<string> b, double p = 0.9)
    {
        string[] left = Unique(a);
        string[] right = Unique(b);
        (string[] shorter, string[] longer) = left.Length <= right.Length ? (left, right) : (right, left);
        int s = shorter.Length;
        int l = longer.Length;
        if (s == 0)
        {
            return l == 0 ? 1 : 0;
        }

        var seenShort = new HashSet<string>(StringComparer.Ordinal);
        var seenLong = new HashSet<string>(StringComparer.Ordinal);
        var overlap = new double[l + 1];
        double sum = 0;
        double weight = 1;
        for (int d = 1; d <= l; d++)
        {
            weight *= p;
            double gained = 0;
            seenLong.Add(longer[d - 1]);
            if (d <= s)
            {
                string mine = shorter[d - 1];
                bool same = string.Equals(mine, longer[d - 1], StringComparison.Ordinal);
                seenShort.Add(mine);
                gained = same ? 1 : (seenLong.Contains(mine) ? 1 : 0) + (seenShort.Contains(longer[d - 1]) ? 1 : 0);
            }
            else
            {
                gained = seenShort.Contains(longer[d - 1]) ? 1 : 0;
            }

            overlap[d] = overlap[d - 1] + gained;
            sum += overlap[d] / d * weight;
        }

        double tail = 0;
        double beyond = Math.Pow(p, s);
        for (int d = s + 1; d <= l; d++)
        {
            beyond *= p;
            tail += overlap[s] * (d - s) / ((double)s * d) * beyond;
        }

        double rest = (((overlap[l] - overlap[s]) / l) + (overlap[s] / s)) * Math.Pow(p, l);
        return Math.Clamp(((1 - p) / p * (sum + tail)) + rest, 0, 1);
    }

    /// <summary>
    /// Share of the first <paramref name="k"/> that both have; the longer list bounds k. 1 when both are empty.
    /// </summary>
    public static double OverlapAt(IReadOnlyList<string> a, IReadOnlyList<string> b, int k)
    {
        string[] left = Unique(a);
        string[] right = Unique(b);
        int depth = Math.Min(k, Math.Max(left.Length, right.Length));
        if (depth == 0)
        {
            return 1;
        }

        var top = new HashSet<string>(left.Take(depth), StringComparer.Ordinal);
        return right.Take(depth).Count(top.Contains) / (double)depth;
    }

    /// <summary>
    /// Kendall's tau-b over the items that both rank, in [-1, 1]; NaN with fewer than two of them. Without ties,
    /// which a list of unique items cannot have, tau-b is tau.
    /// </summary>
    public static double KendallTau(IReadOnlyList<string> a, IReadOnlyList<string> b)
    {
        var place = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string item in Unique(b))
        {
            place.Add(item, place.Count);
        }

        int[] order = [.. Unique(a).Where(place.ContainsKey).Select(item => place[item])];
        if (order.Length < 2)
        {
            return double.NaN;
        }

        long balance = 0;
        for (int i = 0; i < order.Length; i++)
        {
            for (int j = i + 1; j < order.Length; j++)
            {
                balance += order[i] < order[j] ? 1 : -1;
            }
        }

        return balance / (order.Length * (order.Length - 1) / 2.0);
    }

    private static string[] Unique(IReadOnlyList<string> items) => [.. items.Distinct(StringComparer.Ordinal)];
}
