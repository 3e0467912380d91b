using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Text;

namespace Diamonds.Load;

/// <summary>
/// The held-out quarter of the diamonds as ready-made request bodies. No model has seen these rows in training, so
/// their labels judge the models fairly; the split is the rule of <c>train/train.py</c>.
/// </summary>
public static class DiamondRows
{
    private static readonly string[] Categories = ["cut", "color", "clarity"];
    private static readonly string[] Numbers = ["carat", "depth", "table", "x", "y", "z"];

    /// <summary>Reads the rows that are built into this program; about 13,500.</summary>
    public static IReadOnlyList<DiamondRow> HeldOut()
    {
        using Stream packed =
            Assembly.GetExecutingAssembly().GetManifestResourceStream("diamonds.csv.gz")
            ?? throw new InvalidOperationException("diamonds.csv.gz is not built into this program.");
        using var text = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        string[] header = (text.ReadLine() ?? "").Split(',');
        int[] categories = [.. Categories.Select(n => Array.IndexOf(header, n))];
        int[] numbers = [.. Numbers.Select(n => Array.IndexOf(header, n))];
        int price = Array.IndexOf(header, "price");
        var rows = new List<DiamondRow>();
        for (uint index = 0; text.ReadLine() is { } line; index++)
        {
            if (IsHeldOut(index))
            {
                string[] cells = line.Split(',');
                rows.Add(
                    new DiamondRow(
                        Body(categories.Select(i => cells[i]), numbers.Select(i => cells[i])),
                        double.Parse(cells[price], CultureInfo.InvariantCulture)
                    )
                );
            }
        }

        return rows;
    }

    /// <summary>Whether the row with this index, from 0, was kept away from training.</summary>
    public static bool IsHeldOut(uint index) => unchecked(index * 2654435761u) >> 30 == 0;

    private static byte[] Body(IEnumerable<string> categories, IEnumerable<string> numbers) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"inputs":[{"name":"categories","datatype":"BYTES","shape":[1,3],"data":[{{string.Join(
                ',',
                categories.Select(c => $"\"{c}\"")
            )}}]},{"name":"numbers","datatype":"FP32","shape":[1,6],"data":[{{string.Join(',', numbers)}}]}]}
            """
        );
}

/// <summary>One diamond.</summary>
/// <param name="Body">An Open Inference v2 request for it.</param>
/// <param name="Price">What it was sold for, in dollars.</param>
public sealed record DiamondRow(byte[] Body, double Price);
