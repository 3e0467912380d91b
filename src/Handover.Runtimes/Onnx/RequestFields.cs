// Why: the small fields that inputs and outputs of a request have in common are checked in one way.
using System.Text.Json;

namespace Handover.Runtimes.Onnx;

/// <summary>Reads single fields of a request; each returns what is wrong, or null.</summary>
internal static class RequestFields
{
    public static string? Text(ref Utf8JsonReader reader, string field, out string? value)
    {
        reader.Read();
        value = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return value is null ? $"'{field}' must be a string" : null;
    }

    public static string? Shape(ref Utf8JsonReader reader, out long[]? shape)
    {
        shape = null;
        reader.Read();
        Span<long> sizes = stackalloc long[InferRequestReader.MaxRank];
        int rank = 0;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return "'shape' must be an array";
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (rank == InferRequestReader.MaxRank)
            {
                return $"'shape' has more than {InferRequestReader.MaxRank} dimensions";
            }

            bool whole = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out sizes[rank]);
            if (!whole || sizes[rank] is < 1 or > int.MaxValue)
            {
                return "each size in 'shape' must be a whole number from 1";
            }

            rank++;
        }

        shape = sizes[..rank].ToArray();
        return null;
    }

    /// <summary>
    /// Parameters are free for the caller, save those of the binary extension, which would change the meaning.
    /// </summary>
    public static string? Parameters(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "'parameters' must be an object";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (
                reader.ValueTextEquals("binary_data_size"u8)
                || reader.ValueTextEquals("binary_data"u8)
                || reader.ValueTextEquals("binary_data_output"u8)
            )
            {
                return "the binary data extension is not supported: send the data as JSON";
            }

            reader.Read();
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject or JsonTokenType.Null)
            {
                return "a parameter must be a string, a number or a boolean";
            }
        }

        return null;
    }
}
