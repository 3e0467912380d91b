// Why: the numbers are nearly all of a request's bytes. They go from UTF-8 into the tensor's own memory in one pass,
// whether they are written flat or nested, and a wrong one is named by its position.
using System.Text.Json;
using Handover.Core.Foundation;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Handover.Runtimes.Onnx;

/// <summary>Reads a JSON <c>data</c> array into a tensor of a known type and shape.</summary>
internal static class TensorDataReader
{
    private delegate bool ElementReader<T>(ref Utf8JsonReader reader, out T value);

    /// <summary>
    /// Reads the array that <paramref name="reader"/> stands on. Returns what is wrong, or null. The caller has
    /// bounded the number of elements by the size of the body.
    /// </summary>
    public static string? Read(
        ref Utf8JsonReader reader,
        ModelTensor tensor,
        long[] shape,
        int count,
        out OrtValue? value
    )
    {
        return tensor.ElementType switch
        {
            TensorElementType.Float => Numbers<float>(ref reader, tensor, shape, count, Float, out value),
            TensorElementType.Double => Numbers<double>(ref reader, tensor, shape, count, Double, out value),
            TensorElementType.Int64 => Numbers<long>(ref reader, tensor, shape, count, Int64, out value),
            TensorElementType.Int32 => Numbers<int>(ref reader, tensor, shape, count, Int32, out value),
            TensorElementType.Int16 => Numbers<short>(ref reader, tensor, shape, count, Int16, out value),
            TensorElementType.Int8 => Numbers<sbyte>(ref reader, tensor, shape, count, Int8, out value),
            TensorElementType.UInt64 => Numbers<ulong>(ref reader, tensor, shape, count, UInt64, out value),
            TensorElementType.UInt32 => Numbers<uint>(ref reader, tensor, shape, count, UInt32, out value),
            TensorElementType.UInt16 => Numbers<ushort>(ref reader, tensor, shape, count, UInt16, out value),
            TensorElementType.UInt8 => Numbers<byte>(ref reader, tensor, shape, count, UInt8, out value),
            TensorElementType.Bool => Numbers<bool>(ref reader, tensor, shape, count, Bool, out value),
            TensorElementType.String => Strings(ref reader, tensor, shape, count, out value),
            _ => Invariant.Unreachable<string?>(Nothing(out value)),
        };
    }

    private static string Nothing(out OrtValue? value)
    {
        value = null;
        return "a model with such a tensor is refused when it is loaded";
    }

    private static string? Numbers<T>(
        ref Utf8JsonReader reader,
        ModelTensor tensor,
        long[] shape,
        int count,
        ElementReader<T> element,
        out OrtValue? value
    )
        where T : unmanaged
    {
        var data = new T[count];
        string? error = Elements(ref reader, tensor, shape, data, element);
        value = error is null ? OrtValue.CreateTensorValueFromMemory(data, shape) : null;
        return error;
    }

    private static string? Strings(
        ref Utf8JsonReader reader,
        ModelTensor tensor,
        long[] shape,
        int count,
        out OrtValue? value
    )
    {
        value = null;
        var data = new string[count];
        if (Elements(ref reader, tensor, shape, data, Text) is { } error)
        {
            return error;
        }

        value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (int i = 0; i < data.Length; i++)
        {
            value.StringTensorSetElementAt(data[i].AsSpan(), i);
        }

        return null;
    }

    /// <summary>
    /// Flat arrays have their elements at depth 1; nested ones have them at the depth of the shape's rank, and each
    /// inner array has the length that the shape says. The first token decides which of the two it is.
    /// </summary>
    private static string? Elements<T>(
        ref Utf8JsonReader reader,
        ModelTensor tensor,
        long[] shape,
        T[] into,
        ElementReader<T> element
    )
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return $"input '{tensor.Name}': data must be an array";
        }

        Span<long> seen = stackalloc long[InferRequestReader.MaxRank + 1];
        int depth = 1;
        int leafDepth = 1;
        int filled = 0;
        while (depth > 0 && reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                if (filled == 0 && depth == 1 && seen[1] == 0)
                {
                    leafDepth = shape.Length;
                }

                if (depth >= leafDepth)
                {
                    return $"input '{tensor.Name}': data is nested deeper than its shape, or both flat and nested";
                }

                seen[depth]++;
                seen[++depth] = 0;
            }
            else if (reader.TokenType == JsonTokenType.EndArray)
            {
                if (leafDepth > 1 && seen[depth] != shape[depth - 1])
                {
                    return $"input '{tensor.Name}': an array at depth {depth} has {seen[depth]} elements, "
                        + $"and the shape says {shape[depth - 1]}";
                }

                depth--;
            }
            else if (Leaf(ref reader, tensor, into, filled, depth == leafDepth, element) is { } wrong)
            {
                return wrong;
            }
            else
            {
                seen[depth]++;
                filled++;
            }
        }

        return filled == into.Length
            ? null
            : $"input '{tensor.Name}': data has {filled} elements, and the shape says {into.Length}";
    }

    private static string? Leaf<T>(
        ref Utf8JsonReader reader,
        ModelTensor tensor,
        T[] into,
        int at,
        bool nestedRight,
        ElementReader<T> element
    )
    {
        if (!nestedRight)
        {
            return $"input '{tensor.Name}': element {at} is not nested as its shape says";
        }

        if (at == into.Length)
        {
            return $"input '{tensor.Name}': data has more than the {into.Length} elements of its shape";
        }

        return element(ref reader, out into[at])
            ? null
            : $"input '{tensor.Name}': element {at} is not a value of {tensor.Datatype}";
    }

    private static bool IsNumber(ref Utf8JsonReader r) => r.TokenType == JsonTokenType.Number;

    // A number beyond the type's range parses to infinity, which would travel through the graph as a silent wrong
    // answer.
    private static bool Float(ref Utf8JsonReader r, out float v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetSingle(out v) && float.IsFinite(v);

    private static bool Double(ref Utf8JsonReader r, out double v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetDouble(out v) && double.IsFinite(v);

    private static bool Int64(ref Utf8JsonReader r, out long v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetInt64(out v);

    private static bool Int32(ref Utf8JsonReader r, out int v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetInt32(out v);

    private static bool Int16(ref Utf8JsonReader r, out short v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetInt16(out v);

    private static bool Int8(ref Utf8JsonReader r, out sbyte v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetSByte(out v);

    private static bool UInt64(ref Utf8JsonReader r, out ulong v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetUInt64(out v);

    private static bool UInt32(ref Utf8JsonReader r, out uint v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetUInt32(out v);

    private static bool UInt16(ref Utf8JsonReader r, out ushort v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetUInt16(out v);

    private static bool UInt8(ref Utf8JsonReader r, out byte v) =>
        (v = default) == 0 && IsNumber(ref r) && r.TryGetByte(out v);

    private static bool Bool(ref Utf8JsonReader r, out bool v)
    {
        v = r.TokenType == JsonTokenType.True;
        return v || r.TokenType == JsonTokenType.False;
    }

    private static bool Text(ref Utf8JsonReader r, out string v)
    {
        v = r.TokenType == JsonTokenType.String ? r.GetString()! : "";
        return r.TokenType == JsonTokenType.String;
    }
}
