using System.Buffers.Binary;
using System.Text.Json;
using Handover.Core.Payloads;

namespace Handover.Control.Warming;

/// <summary>
/// A TensorProto of a prediction log, as far as a request or an answer in JSON needs it: type, sizes, values.
/// </summary>
/// <param name="Datatype">Open Inference name of the type.</param>
/// <param name="Shape">Sizes by dimension.</param>
/// <param name="Write">Writes the values as items of a JSON list, in row-major order.</param>
/// <param name="Count">Number of values.</param>
internal sealed record LoggedTensor(
    string Datatype,
    IReadOnlyList<long> Shape,
    int Count,
    Action<Utf8JsonWriter, int> Write
)
{
    private const int MostDimensions = 8;
    private const int MostValues = 1 << 20;

    /// <summary>Reads one; null where it is damaged, or of a type or size that JSON cannot carry.</summary>
    public static LoggedTensor? Read(ReadOnlySpan<byte> message)
    {
        int type = 0;
        byte[] content = [];
        var shape = new List<long>();
        var reals = new List<double>();
        var wholes = new List<long>();
        var texts = new List<string>();
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 1:
                    type = (int)fields.Value;
                    break;
                case 2:
                    Sizes(fields.Bytes, shape);
                    break;
                case 4:
                    content = fields.Bytes.ToArray();
                    break;
                case 5 or 6:
                    Reals(ref fields, reals);
                    break;
                case 7 or 10 or 11 or 16 or 17:
                    Wholes(ref fields, wholes);
                    break;
                case 8:
                    texts.Add(fields.Text);
                    break;
                default:
                    break;
            }
        }

        if (fields.Damaged || Name(type) is not { } name)
        {
            return null;
        }

        Unpack(type, content, reals, wholes);
        return Of(name, shape, reals, wholes, texts);
    }

    /// <summary>TensorFlow's number of a type; 0 where it has none that is read here.</summary>
    public static int TypeOf(string datatype) => Enumerable.Range(1, 23).FirstOrDefault(t => Name(t) == datatype);

    private static LoggedTensor? Of(
        string name,
        List<long> shape,
        List<double> reals,
        List<long> wholes,
        List<string> texts
    )
    {
        // Bounded before it is multiplied: a short file must not ask for a large request, nor for a deep one.
        bool small = shape.Count <= MostDimensions && shape.TrueForAll(s => s is > 0 and <= MostValues);
        long size = small ? shape.Aggregate(1L, (product, s) => Math.Min(product * s, MostValues + 1L)) : 0;
        int known =
            name is "FP32" or "FP64" ? reals.Count
            : name == "BYTES" ? texts.Count
            : wholes.Count;

        // One value for all is TensorFlow's short form of a tensor that is everywhere the same.
        if (size is 0 or > MostValues || (known != size && known != 1))
        {
            return null;
        }

        int Index(int i) => known == 1 ? 0 : i;
        Action<Utf8JsonWriter, int> write = name switch
        {
            "FP32" => (json, i) => json.WriteNumberValue((float)reals[Index(i)]),
            "FP64" => (json, i) => json.WriteNumberValue(reals[Index(i)]),
            "BYTES" => (json, i) => json.WriteStringValue(texts[Index(i)]),
            "BOOL" => (json, i) => json.WriteBooleanValue(wholes[Index(i)] != 0),
            "UINT64" => (json, i) => json.WriteNumberValue((ulong)wholes[Index(i)]),
            _ => (json, i) => json.WriteNumberValue(wholes[Index(i)]),
        };
        return name is "FP32" or "FP64" && reals.Exists(r => !double.IsFinite(r))
            ? null
            : new LoggedTensor(name, shape, (int)size, write);
    }

    // tensorflow/core/framework/types.proto
    private static string? Name(int type) =>
        type switch
        {
            1 => "FP32",
            2 => "FP64",
            3 => "INT32",
            4 => "UINT8",
            5 => "INT16",
            6 => "INT8",
            7 => "BYTES",
            9 => "INT64",
            10 => "BOOL",
            17 => "UINT16",
            22 => "UINT32",
            23 => "UINT64",
            _ => null,
        };

    private static void Sizes(ReadOnlySpan<byte> message, List<long> shape)
    {
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            if (fields.Number == 2)
            {
                long size = 0;
                var dimension = new ProtoFields(fields.Bytes);
                while (dimension.Next())
                {
                    size = dimension.Number == 1 ? (long)dimension.Value : size;
                }

                shape.Add(size);
            }
        }
    }

    private static void Reals(ref ProtoFields fields, List<double> reals)
    {
        bool wide = fields.Number == 6;
        int step = wide ? 8 : 4;
        ReadOnlySpan<byte> bytes = fields.Bytes;
        for (; bytes.Length >= step; bytes = bytes[step..])
        {
            reals.Add(
                wide ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : BinaryPrimitives.ReadSingleLittleEndian(bytes)
            );
        }
    }

    private static void Wholes(ref ProtoFields fields, List<long> wholes)
    {
        if (!fields.HasLength)
        {
            wholes.Add((long)fields.Value);
            return;
        }

        var packed = new ProtoFields(fields.Bytes);
        while (!packed.AtEnd)
        {
            wholes.Add((long)packed.Varint());
        }
    }

    // tensor_content: the values as they lie in memory, little endian.
    private static void Unpack(int type, ReadOnlySpan<byte> content, List<double> reals, List<long> wholes)
    {
        int width = type switch
        {
            1 or 3 or 22 => 4,
            2 or 9 or 23 => 8,
            5 or 17 => 2,
            _ => 1,
        };
        for (; content.Length >= width; content = content[width..])
        {
            switch (type)
            {
                case 1:
                    reals.Add(BinaryPrimitives.ReadSingleLittleEndian(content));
                    break;
                case 2:
                    reals.Add(BinaryPrimitives.ReadDoubleLittleEndian(content));
                    break;
                case 3:
                    wholes.Add(BinaryPrimitives.ReadInt32LittleEndian(content));
                    break;
                case 22:
                    wholes.Add(BinaryPrimitives.ReadUInt32LittleEndian(content));
                    break;
                case 5:
                    wholes.Add(BinaryPrimitives.ReadInt16LittleEndian(content));
                    break;
                case 17:
                    wholes.Add(BinaryPrimitives.ReadUInt16LittleEndian(content));
                    break;
                case 6:
                    wholes.Add((sbyte)content[0]);
                    break;
                default:
                    wholes.Add(width == 8 ? BinaryPrimitives.ReadInt64LittleEndian(content) : content[0]);
                    break;
            }
        }
    }
}
