namespace Handover.Control.Resources;

/// <summary>
/// Finds what somebody probably meant, so that a misspelt name costs seconds and not a search in the manual.
/// </summary>
internal static class NearestName
{
    /// <summary>
    /// The known name that is nearest to <paramref name="wrong"/>; null when none is near enough to be meant.
    /// </summary>
    public static string? Of(string wrong, IEnumerable<string> known)
    {
        int bound = Math.Max(2, wrong.Length / 3);
        return known
            .Select(name => (name, distance: Distance(wrong, name)))
            .Where(x => x.distance <= bound && x.distance < x.name.Length)
            .OrderBy(x => x.distance)
            .ThenBy(x => x.name, StringComparer.Ordinal)
            .Select(x => x.name)
            .FirstOrDefault();
    }

    /// <summary>"Did you mean" or the list of what is known.</summary>
    public static string Advice(string wrong, IReadOnlyCollection<string> known) =>
        Of(wrong, known) is { } near ? $"Did you mean '{near}'?" : $"Known: {string.Join(", ", known)}.";

    /// <summary>
    /// Edits between two names without regard to case: insert, delete, replace, or swap of neighbours (the restricted
    /// Damerau-Levenshtein distance). Long names are cut, for the work is quadratic.
    /// </summary>
    public static int Distance(string a, string b)
    {
        a = a.Length > 64 ? a[..64] : a;
        b = b.Length > 64 ? b[..64] : b;
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] =
                    i == 0 ? j
                    : j == 0 ? i
                    : Cell(d, a, b, i, j);
            }
        }

        return d[a.Length, b.Length];
    }

    private static int Cell(int[,] d, string a, string b, int i, int j)
    {
        int replaced = d[i - 1, j - 1] + (Same(a[i - 1], b[j - 1]) ? 0 : 1);
        int best = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
        bool swapped = i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]);
        return swapped ? Math.Min(best, d[i - 2, j - 2] + 1) : best;
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
