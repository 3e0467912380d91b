using System.Text.Json;
using Diamonds.Encoder;

namespace Diamonds.Similar;

/// <summary>A stone as 26 numbers: a one for each of its categories, then its standardised measures.</summary>
public sealed class StoneFeatures
{
    private readonly Dictionary<string, int>[] levels;
    private readonly float[] mean;
    private readonly float[] scale;
    private readonly float standardMax;

    /// <summary>Takes the content of <c>models/features.json</c>, which the training wrote.</summary>
    public StoneFeatures(JsonElement json)
    {
        levels =
        [
            .. json.GetProperty("categories")
                .EnumerateObject()
                .Select(c =>
                    c.Value.EnumerateArray().Select((v, i) => (v, i)).ToDictionary(p => p.v.GetString()!, p => p.i)
                ),
        ];
        mean = [.. json.GetProperty("mean").EnumerateArray().Select(v => v.GetSingle())];
        scale = [.. json.GetProperty("scale").EnumerateArray().Select(v => v.GetSingle())];
        standardMax = json.GetProperty("standardMax").GetSingle();
    }

    /// <summary>Reads the feature file.</summary>
    public static StoneFeatures Read(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        return new StoneFeatures(json.RootElement);
    }

    /// <summary>
    /// The features of one row. Throws <see cref="FormatException"/> for a category that nobody knows.
    /// </summary>
    public float[] Of(RawRows rows, int row)
    {
        float[] features = new float[levels.Sum(l => l.Count) + RawRows.NumberCount];
        int offset = 0;
        for (int i = 0; i < levels.Length; i++)
        {
            string category = rows.Categories[row * RawRows.CategoryCount + i];
            features[
                offset + (levels[i].TryGetValue(category, out int at) ? at : throw new FormatException(category))
            ] = 1;
            offset += levels[i].Count;
        }

        for (int i = 0; i < RawRows.NumberCount; i++)
        {
            float standard = (rows.Numbers[row * RawRows.NumberCount + i] - mean[i]) / scale[i];
            features[offset + i] = Math.Clamp(standard, -standardMax, standardMax);
        }

        return features;
    }
}
