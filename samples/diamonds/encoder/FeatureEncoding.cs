using System.Text.Json;

namespace Diamonds.Encoder;

/// <summary>
/// Turns raw rows into what the model of one release was trained on. The two releases disagree about it, which is why
/// an encoder may only ever meet the model of its own release.
/// </summary>
public sealed class FeatureEncoding
{
    private static readonly string[] CategoryNames = ["cut", "color", "clarity"];
    private readonly Dictionary<string, int>[] levels;
    private readonly double[] mean;
    private readonly double[] scale;
    private readonly double standardMax;

    /// <summary>Takes the content of <c>models/features.json</c>, which the training wrote.</summary>
    public FeatureEncoding(JsonElement features)
    {
        JsonElement categories = features.GetProperty("categories");
        levels =
        [
            .. CategoryNames.Select(name =>
                categories
                    .GetProperty(name)
                    .EnumerateArray()
                    .Select((v, i) => (v, i))
                    .ToDictionary(p => p.v.GetString()!, p => p.i)
            ),
        ];
        mean = [.. features.GetProperty("mean").EnumerateArray().Select(v => v.GetDouble())];
        scale = [.. features.GetProperty("scale").EnumerateArray().Select(v => v.GetDouble())];
        standardMax = features.GetProperty("standardMax").GetDouble();
    }

    /// <summary>Width of a one-hot row: all levels and the numbers; 26.</summary>
    public int OneHotWidth => levels.Sum(l => l.Count) + RawRows.NumberCount;

    /// <summary>
    /// Writes the request for the model of <c>v1</c>: one tensor of zeros, ones and standardised numbers.
    /// </summary>
    public void WriteOneHot(Utf8JsonWriter json, RawRows rows)
    {
        float[] data = new float[rows.Count * OneHotWidth];
        for (int row = 0; row < rows.Count; row++)
        {
            int offset = row * OneHotWidth;
            for (int i = 0; i < levels.Length; i++)
            {
                data[offset + Id(rows, row, i)] = 1;
                offset += levels[i].Count;
            }

            for (int i = 0; i < RawRows.NumberCount; i++)
            {
                double standard = (rows.Numbers[row * RawRows.NumberCount + i] - mean[i]) / scale[i];
                data[offset + i] = (float)Math.Clamp(standard, -standardMax, standardMax);
            }
        }

        json.WriteStartObject();
        json.WriteStartArray("inputs");
        WriteTensor(json, "onehot", "FP32", rows.Count, OneHotWidth, data, json.WriteNumberValue);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// Writes the request for the model of <c>v2</c>: the ids of the categories, and the numbers as they are.
    /// </summary>
    public void WriteIds(Utf8JsonWriter json, RawRows rows)
    {
        long[] ids = new long[rows.Count * RawRows.CategoryCount];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = Id(rows, i / RawRows.CategoryCount, i % RawRows.CategoryCount);
        }

        json.WriteStartObject();
        json.WriteStartArray("inputs");
        WriteTensor(json, "ids", "INT64", rows.Count, RawRows.CategoryCount, ids, json.WriteNumberValue);
        WriteTensor(json, "numbers", "FP32", rows.Count, RawRows.NumberCount, rows.Numbers, json.WriteNumberValue);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private int Id(RawRows rows, int row, int category)
    {
        string value = rows.Categories[row * RawRows.CategoryCount + category];
        return levels[category].TryGetValue(value, out int id)
            ? id
            : throw new FormatException($"'{value}' is not a {CategoryNames[category]} that this release knows.");
    }

    private static void WriteTensor<T>(
        Utf8JsonWriter json,
        string name,
        string datatype,
        int rows,
        int width,
        IEnumerable<T> data,
        Action<T> write
    )
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("datatype", datatype);
        json.WriteStartArray("shape");
        json.WriteNumberValue(rows);
        json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteStartArray("data");
        foreach (T value in data)
        {
            write(value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
