using System.Globalization;
using System.Text;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares free texts without a model: exact, normalised, by shared tokens, by longest common subsequence, by length.
/// Similarity sorts examples for people; whether an answer is empty or cut off makes the better gate.
/// </summary>
public static class TextComparison
{
    /// <summary>
    /// Tokens that are compared at most: the longest common subsequence takes the product of both lengths.
    /// </summary>
    public const int MostTokens = 2_000;

    /// <summary>
    /// Full-width forms as ASCII, lower case, punctuation as space, one space between tokens, none around. Composed and
    /// decomposed accents stay different: the program runs without ICU, and there <c>string.Normalize</c> does nothing.
    /// </summary>
    public static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char wide in text)
        {
            char c = wide is >= '\uFF01' and <= '\uFF5E' ? (char)(wide - 0xFEE0) : wide;
            bool separates = char.IsWhiteSpace(c) || char.IsPunctuation(c) || char.IsControl(c);
            if (!separates)
            {
                result.Append(char.ToLower(c, CultureInfo.InvariantCulture));
            }
            else if (result.Length > 0 && result[^1] != ' ')
            {
                result.Append(' ');
            }
        }

        return result.ToString().TrimEnd(' ');
    }

    /// <summary>The tokens of the normalised text, at most <see cref="MostTokens"/>.</summary>
    public static string[] Tokens(string text) =>
        [.. Normalise(text).Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MostTokens)];

    /// <summary>
    /// Harmonic mean of precision and recall of shared tokens, each counted as often as both have it (as in SQuAD). 1
    /// when neither has a token, 0 when one has none.
    /// </summary>
    public static double TokenF1(string a, string b)
    {
        string[] left = Tokens(a);
        string[] right = Tokens(b);
        if (left.Length == 0 || right.Length == 0)
        {
            return left.Length == right.Length ? 1 : 0;
        }

        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string token in left)
        {
            counts[token] = counts.GetValueOrDefault(token) + 1;
        }

        int shared = 0;
        foreach (string token in right)
        {
            if (counts.GetValueOrDefault(token) > 0)
            {
                counts[token]--;
                shared++;
            }
        }

        return F(shared, left.Length, right.Length);
    }

    /// <summary>ROUGE-L: the F measure over the longest common subsequence of tokens (Lin 2004, with beta 1).</summary>
    public static double RougeL(string a, string b)
    {
        string[] left = Tokens(a);
        string[] right = Tokens(b);
        if (left.Length == 0 || right.Length == 0)
        {
            return left.Length == right.Length ? 1 : 0;
        }

        int[] above = new int[right.Length + 1];
        foreach (string token in left)
        {
            int diagonal = 0;
            for (int j = 1; j <= right.Length; j++)
            {
                int keep = above[j];
                above[j] = string.Equals(token, right[j - 1], StringComparison.Ordinal)
                    ? diagonal + 1
                    : Math.Max(above[j], above[j - 1]);
                diagonal = keep;
            }
        }

        return F(above[^1], left.Length, right.Length);
    }

    /// <summary>Length of the shorter by length of the longer, in [0, 1]; 1 when both are empty.</summary>
    public static double LengthRatio(string a, string b)
    {
        int longest = Math.Max(a.Length, b.Length);
        return longest == 0 ? 1 : (double)Math.Min(a.Length, b.Length) / longest;
    }

    private static double F(int shared, int left, int right) => 2.0 * shared / (left + right);
}
