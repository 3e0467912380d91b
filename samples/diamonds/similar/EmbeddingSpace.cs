using System.Numerics.Tensors;
using System.Text.Json;

namespace Diamonds.Similar;

/// <summary>
/// A linear map from a stone's features to a vector. Which map made a vector cannot be seen from the vector: that is
/// why a space has a name, and why the name must travel with whatever embeds and with whatever is indexed.
/// </summary>
public sealed class EmbeddingSpace
{
    private readonly float[] mean;
    private readonly float[][] matrix;

    /// <summary>Takes the content of a space file, which the training wrote.</summary>
    public EmbeddingSpace(JsonElement json)
    {
        Name = json.GetProperty("space").GetString()!;
        Metric = json.GetProperty("metric").GetString()!;
        mean = Floats(json.GetProperty("mean"));
        matrix = [.. json.GetProperty("matrix").EnumerateArray().Select(Floats)];
    }

    /// <summary>The name of the space.</summary>
    public string Name { get; }

    /// <summary>How distance is measured in it.</summary>
    public string Metric { get; }

    /// <summary>Length of a vector.</summary>
    public int Dimensions => matrix.Length;

    /// <summary>Reads a space file.</summary>
    public static EmbeddingSpace Read(string path)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(path));
        return new EmbeddingSpace(json.RootElement);
    }

    /// <summary>The vector of a stone.</summary>
    public float[] Embed(ReadOnlySpan<float> features)
    {
        float[] centred = new float[mean.Length];
        TensorPrimitives.Subtract(features, mean, centred);
        float[] vector = new float[matrix.Length];
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = TensorPrimitives.Dot(centred, matrix[i]);
        }

        return vector;
    }

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetSingle())];
}
