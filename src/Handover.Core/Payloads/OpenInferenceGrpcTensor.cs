using System.Buffers.Binary;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// One tensor of an Open Inference message over gRPC: InferInputTensor and InferOutputTensor, which are the same on the
/// wire. Its values stand in typed lists inside it, or raw and little-endian beside it, never both.
/// </summary>
internal static class OpenInferenceGrpcTensor
{
    private const int ContentsField = 5;

    /// <summary>Reads one.</summary>
    /// <param name="message">The tensor's message.</param>
    /// <param name="isRaw">Whether its values are in <paramref name="raw"/>.</param>
    /// <param name="raw">Its values, little-endian, one after the other.</param>
    /// <param name="where">Its place, for problems.</param>
    public static Result<TypedTensor> Read(ReadOnlySpan<byte> message, bool isRaw, ReadOnlySpan<byte> raw, string where)
    {
        string name = "";
        string datatype = "";
        var shape = new List<long>();
        bool sound = true;
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            switch (fields.Number, fields.WireType)
            {
                case (1, 2):
                    name = fields.Text;
                    break;
                case (2, 2):
                    datatype = fields.Text;
                    break;
                case (3, 0):
                    sound &= Size(shape, fields.Value);
                    break;
                case (3, 2):
                    sound &= Sizes(shape, fields.Bytes);
                    break;
            }
        }

        if (fields.Damaged)
        {
            return PayloadDocument.Bad(where, "is no protobuf message");
        }

        if (name.Length == 0)
        {
            return PayloadDocument.Bad($"{where}/name", "is missing");
        }

        if (!Datatypes.Known(datatype))
        {
            return PayloadDocument.Bad($"{where}/datatype", "is missing or not an Open Inference datatype");
        }

        if (!sound)
        {
            return PayloadDocument.Bad($"{where}/shape", "is not a list of sizes");
        }

        var values = new TensorValues(datatype, shape);
        string? trouble = Typed(message, isRaw, datatype, values);
        trouble ??= isRaw ? Raw(raw, datatype, values) : null;
        trouble ??= values.Complete();
        return trouble is null ? values.Tensor(name) : PayloadDocument.Bad($"{where}/data", trouble);
    }

    private static bool Sizes(List<long> shape, ReadOnlySpan<byte> packed)
    {
        var sizes = new ProtoFields(packed);
        while (!sizes.AtEnd)
        {
            ulong size = sizes.Varint();
            if (sizes.Damaged || !Size(shape, size))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Size(List<long> shape, ulong size)
    {
        shape.Add((long)Math.Min(size, long.MaxValue));
        return size <= int.MaxValue && shape.Count <= PayloadDocument.MaxDepth;
    }

    /// <summary>
    /// Takes the values of all lists; two messages of contents are one after the other, as in protobuf.
    /// </summary>
    private static string? Typed(ReadOnlySpan<byte> message, bool isRaw, string datatype, TensorValues values)
    {
        int list = ListOf(datatype);
        var tensor = new ProtoFields(message);
        while (tensor.Next())
        {
            if (tensor is not { Number: ContentsField, HasLength: true })
            {
                continue;
            }

            var contents = new ProtoFields(tensor.Bytes);
            while (contents.Next())
            {
                bool known = contents.Number is >= 1 and <= 8;
                bool empty = contents is { HasLength: true, Bytes.IsEmpty: true } && contents.Number != 8;
                if (!known || empty)
                {
                    continue;
                }

                if (isRaw)
                {
                    return "is there twice, raw and typed";
                }

                if (contents.Number != list)
                {
                    return $"is in the list of another datatype than {datatype}";
                }

                if (Values(contents, datatype, values) is { } trouble)
                {
                    return trouble;
                }
            }

            if (contents.Damaged)
            {
                return "is no protobuf message";
            }
        }

        return null;
    }

    // FP16 and BF16 have no list: they are only ever raw.
    private static int ListOf(string datatype) =>
        datatype switch
        {
            "BOOL" => 1,
            "INT8" or "INT16" or "INT32" => 2,
            "INT64" => 3,
            "UINT8" or "UINT16" or "UINT32" => 4,
            "UINT64" => 5,
            "FP32" => 6,
            "FP64" => 7,
            "BYTES" => 8,
            _ => 0,
        };

    private static string? Values(ProtoFields field, string datatype, TensorValues values)
    {
        if (datatype == "BYTES")
        {
            if (field.HasLength)
            {
                values.Add(field.Bytes);
            }

            return null;
        }

        int width =
            datatype == "FP32" ? 4
            : datatype == "FP64" ? 8
            : 0;
        if (!field.HasLength)
        {
            // One number that is not packed; of the wrong wire type it is a field that nobody knows.
            int type =
                width == 4 ? 5
                : width == 8 ? 1
                : 0;
            return field.WireType == type ? Value(field.Value, datatype, values) : null;
        }

        if (width > 0)
        {
            return field.Bytes.Length % width == 0
                ? Raw(field.Bytes, datatype, values)
                : $"has {field.Bytes.Length} bytes, which are no whole number of {datatype}";
        }

        var packed = new ProtoFields(field.Bytes);
        while (!packed.AtEnd)
        {
            ulong value = packed.Varint();
            if (packed.Damaged || Value(value, datatype, values) is { })
            {
                return packed.Damaged ? "is no protobuf message" : $"has a value that is no {datatype}";
            }
        }

        return packed.Damaged ? "is no protobuf message" : null;
    }

    private static string? Value(ulong value, string datatype, TensorValues values) =>
        ListOf(datatype) switch
        {
            1 => values.Add(value == 0 ? 0.0 : 1.0),
            2 => values.Add((long)(int)value),
            3 => values.Add((long)value),
            4 => values.Add((long)(uint)value),
            5 => values.Add(value),
            6 => values.Add((double)BitConverter.UInt32BitsToSingle((uint)value)),
            _ => values.Add(BitConverter.UInt64BitsToDouble(value)),
        };

    private static string? Raw(ReadOnlySpan<byte> raw, string datatype, TensorValues values)
    {
        if (datatype == "BYTES")
        {
            return Texts(raw, values);
        }

        int width = Width(datatype);
        if (raw.Length % width != 0)
        {
            return $"has {raw.Length} bytes, which are no whole number of {datatype}";
        }

        for (; !raw.IsEmpty; raw = raw[width..])
        {
            string? trouble = datatype switch
            {
                "BOOL" => values.Add(raw[0] == 0 ? 0.0 : 1.0),
                "INT8" => values.Add((long)(sbyte)raw[0]),
                "UINT8" => values.Add((long)raw[0]),
                "INT16" => values.Add((long)BinaryPrimitives.ReadInt16LittleEndian(raw)),
                "UINT16" => values.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(raw)),
                "INT32" => values.Add((long)BinaryPrimitives.ReadInt32LittleEndian(raw)),
                "UINT32" => values.Add((long)BinaryPrimitives.ReadUInt32LittleEndian(raw)),
                "INT64" => values.Add((long)BinaryPrimitives.ReadInt64LittleEndian(raw)),
                "UINT64" => values.Add(BinaryPrimitives.ReadUInt64LittleEndian(raw)),
                "FP16" => values.Add((double)BinaryPrimitives.ReadHalfLittleEndian(raw)),
                "BF16" => values.Add(
                    (double)BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(raw) << 16)
                ),
                "FP32" => values.Add((double)BinaryPrimitives.ReadSingleLittleEndian(raw)),
                _ => values.Add(BinaryPrimitives.ReadDoubleLittleEndian(raw)),
            };
            if (trouble is not null)
            {
                return trouble;
            }
        }

        return null;
    }

    private static int Width(string datatype) =>
        datatype switch
        {
            "BOOL" or "INT8" or "UINT8" => 1,
            "INT16" or "UINT16" or "FP16" or "BF16" => 2,
            "INT32" or "UINT32" or "FP32" => 4,
            _ => 8,
        };

    // Each element is four bytes of length and then its bytes.
    private static string? Texts(ReadOnlySpan<byte> raw, TensorValues values)
    {
        while (!raw.IsEmpty)
        {
            if (raw.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(raw) > raw.Length - 4)
            {
                return "is cut off inside an element";
            }

            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(raw);
            values.Add(raw.Slice(4, length));
            raw = raw[(4 + length)..];
        }

        return null;
    }
}
