using System.Text.Json;

namespace Diamonds.Encoder;

/// <summary>Diamonds as the caller sends them: the two tensors of the service's public signature, checked.</summary>
/// <param name="Categories">Cut, colour and clarity of each row.</param>
/// <param name="Numbers">Carat, depth, table, x, y and z of each row.</param>
public sealed record RawRows(IReadOnlyList<string> Categories, IReadOnlyList<float> Numbers)
{
    /// <summary>Categories per row.</summary>
    public const int CategoryCount = 3;

    /// <summary>Numbers per row.</summary>
    public const int NumberCount = 6;

    /// <summary>Number of rows.</summary>
    public int Count => Categories.Count / CategoryCount;

    /// <summary>
    /// Reads an Open Inference request; data may be flat or nested. Throws <see cref="FormatException"/>.
    /// </summary>
    public static RawRows Read(JsonElement request)
    {
        JsonElement categories = Tensor(request, "categories", "BYTES");
        JsonElement numbers = Tensor(request, "numbers", "FP32");
        var words = new List<string>();
        Flatten(
            categories,
            value =>
                words.Add(
                    value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad("categories", "text")
                )
        );
        var values = new List<float>();
        Flatten(
            numbers,
            value =>
                values.Add(
                    value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float v) && float.IsFinite(v)
                        ? v
                        : throw Bad("numbers", "finite numbers")
                )
        );
        if (words.Count == 0 || words.Count % CategoryCount != 0)
        {
            throw new FormatException("categories must have the shape [N,3] with N of at least 1.");
        }

        if (values.Count != words.Count / CategoryCount * NumberCount)
        {
            throw new FormatException("numbers must have the shape [N,6] with the same N as categories.");
        }

        return new RawRows(words, values);
    }

    private static FormatException Bad(string tensor, string what) => new($"{tensor} must hold {what} only.");

    private static JsonElement Tensor(JsonElement request, string name, string datatype)
    {
        if (
            request.ValueKind == JsonValueKind.Object
            && request.TryGetProperty("inputs", out JsonElement inputs)
            && inputs.ValueKind == JsonValueKind.Array
        )
        {
            foreach (JsonElement input in inputs.EnumerateArray())
            {
                if (Text(input, "name") == name)
                {
                    if (Text(input, "datatype") != datatype)
                    {
                        throw new FormatException($"{name} must have the datatype {datatype}.");
                    }

                    return input.TryGetProperty("data", out JsonElement data)
                        ? data
                        : throw new FormatException($"{name} has no data.");
                }
            }
        }

        throw new FormatException($"The input '{name}' is missing.");
    }

    private static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static void Flatten(JsonElement data, Action<JsonElement> take)
    {
        if (data.ValueKind != JsonValueKind.Array)
        {
            take(data);
            return;
        }

        foreach (JsonElement item in data.EnumerateArray())
        {
            Flatten(item, take);
        }
    }
}
