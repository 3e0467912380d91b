using System.Buffers;
using System.Text.Json;
using Diamonds.Encoder;

namespace Diamonds.Similar;

/// <summary>The bodies that go between the members, in Open Inference JSON.</summary>
public static class Wire
{
    /// <summary>The vectors of a search request. Throws <see cref="FormatException"/>.</summary>
    public static float[][] Vectors(JsonElement request, int dimensions)
    {
        float[] all = Floats(request, "inputs", "vector");
        return all.Length > 0 && all.Length % dimensions == 0
            ? [.. all.Chunk(dimensions)]
            : throw new FormatException($"vector must have the shape [N,{dimensions}].");
    }

    /// <summary>The numbers of one named tensor. Throws <see cref="FormatException"/> when there is none.</summary>
    public static float[] Floats(JsonElement body, string list, string name)
    {
        foreach (JsonElement tensor in body.GetProperty(list).EnumerateArray())
        {
            if (tensor.GetProperty("name").GetString() == name)
            {
                var values = new List<float>();
                Flatten(tensor.GetProperty("data"), values);
                return [.. values];
            }
        }

        throw new FormatException($"The tensor '{name}' is missing.");
    }

    /// <summary>A request with vectors for the index.</summary>
    public static byte[] Search(IReadOnlyList<float[]> vectors) =>
        Body(json =>
        {
            json.WriteStartArray("inputs");
            Tensor(
                json,
                "vector",
                "FP32",
                vectors.Count,
                vectors[0].Length,
                vectors.SelectMany(v => v),
                json.WriteNumberValue
            );
            json.WriteEndArray();
        });

    /// <summary>A request with stones for the model that prices them.</summary>
    public static byte[] Rank(RawRows stones, IReadOnlyList<int> rows) =>
        Body(json =>
        {
            json.WriteStartArray("inputs");
            IEnumerable<string> words = rows.SelectMany(r =>
                stones.Categories.Skip(r * RawRows.CategoryCount).Take(RawRows.CategoryCount)
            );
            IEnumerable<float> numbers = rows.SelectMany(r =>
                stones.Numbers.Skip(r * RawRows.NumberCount).Take(RawRows.NumberCount)
            );
            Tensor(json, "categories", "BYTES", rows.Count, RawRows.CategoryCount, words, json.WriteStringValue);
            Tensor(json, "numbers", "FP32", rows.Count, RawRows.NumberCount, numbers, json.WriteNumberValue);
            json.WriteEndArray();
        });

    /// <summary>The answer: stones and what they cost, the cheapest first.</summary>
    public static byte[] Answer(IReadOnlyList<(int Stone, float Price)[]> found) =>
        Body(json =>
        {
            json.WriteString("model_name", "price");
            json.WriteStartArray("outputs");
            int width = found[0].Length;
            IEnumerable<(int Stone, float Price)> all = found.SelectMany(f => f);
            Tensor(json, "stones", "INT64", found.Count, width, all.Select(f => f.Stone), json.WriteNumberValue);
            Tensor(json, "price", "FP32", found.Count, width, all.Select(f => f.Price), json.WriteNumberValue);
            json.WriteEndArray();
        });

    /// <summary>An error.</summary>
    public static byte[] Error(string message) => JsonSerializer.SerializeToUtf8Bytes(new { error = message });

    private static byte[] Body(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Tensor<T>(
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

    private static void Flatten(JsonElement data, List<float> values)
    {
        if (data.ValueKind != JsonValueKind.Array)
        {
            values.Add(data.GetSingle());
            return;
        }

        foreach (JsonElement item in data.EnumerateArray())
        {
            Flatten(item, values);
        }
    }
}
