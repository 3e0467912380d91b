using System.Globalization;
using System.IO.Compression;
using Diamonds.Encoder;

namespace Diamonds.Similar;

/// <summary>The stones that are for sale: the first rows of the data set.</summary>
public static class StoneTable
{
    private static readonly string[] Numbers = ["carat", "depth", "table", "x", "y", "z"];
    private static readonly string[] Categories = ["cut", "color", "clarity"];

    /// <summary>Reads so many rows of a gzipped CSV file.</summary>
    public static RawRows Read(string path, int most)
    {
        using var file = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        string[] header = (file.ReadLine() ?? "").Split(',');
        int[] numbers = [.. Numbers.Select(n => Array.IndexOf(header, n))];
        int[] categories = [.. Categories.Select(n => Array.IndexOf(header, n))];
        var words = new List<string>();
        var values = new List<float>();
        while (words.Count < most * Categories.Length && file.ReadLine() is { } line)
        {
            string[] cells = line.Split(',');
            words.AddRange(categories.Select(c => cells[c]));
            values.AddRange(numbers.Select(n => float.Parse(cells[n], CultureInfo.InvariantCulture)));
        }

        return new RawRows(words, values);
    }
}
