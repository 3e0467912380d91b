using System.Runtime.CompilerServices;
using System.Text;

namespace Handover.Control.Labels;

/// <summary>Reads lines of a stream whose sender may be hostile: no line is longer in memory than the bound.</summary>
internal static class NdjsonLines
{
    /// <summary>Longest line; a longer one is cut and says so.</summary>
    public const int Longest = 4096;

    /// <summary>Every line that is not empty, with its number from 1.</summary>
    public static async IAsyncEnumerable<(long Number, string Text, bool TooLong)> ReadAsync(
        Stream stream,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(false, false), false, 8192, leaveOpen: true);
        var line = new StringBuilder();
        char[] chunk = new char[8192];
        long number = 1;
        int read;
        while ((read = await reader.ReadAsync(chunk.AsMemory(), cancel)) > 0)
        {
            for (int i = 0; i < read; i++)
            {
                if (chunk[i] != '\n')
                {
                    if (line.Length <= Longest)
                    {
                        line.Append(chunk[i]);
                    }

                    continue;
                }

                if (Taken(line) is { Length: > 0 } text)
                {
                    yield return (number, text, text.Length > Longest);
                }

                number++;
            }
        }

        if (Taken(line) is { Length: > 0 } last)
        {
            yield return (number, last, last.Length > Longest);
        }
    }

    private static string Taken(StringBuilder line)
    {
        string text = line.ToString().Trim();
        line.Clear();
        return text;
    }
}
