// Why: models that are broken, odd or tiny in just the way that a test needs can't be trained; they are written byte
// by byte.
using System.Buffers.Binary;
using System.Text;

namespace Handover.Testkit.Models;

/// <summary>
/// Builds ONNX files (IR 8, opset 13) in the protobuf encoding of onnx.proto, without a protobuf library.
/// </summary>
public sealed class OnnxFile
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int UInt16 = 4;
    public const int Int16 = 5;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Text = 8;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int UInt32 = 12;
    public const int UInt64 = 13;

    private readonly MemoryStream _graph = new();
    private readonly MemoryStream _model = new();

    /// <summary>A graph that answers its one input as its one output.</summary>
    public static OnnxFile Identity(int type, params object[] dimensions) =>
        new OnnxFile().Input("x", type, dimensions).Node("Identity", ["x"], "y").Output("y", type, dimensions);

    /// <summary>Declares an input; a dimension is a number, or a name for any size.</summary>
    public OnnxFile Input(string name, int type, params object[] dimensions) =>
        Graph(11, ValueInfo(name, type, dimensions));

    /// <summary>Declares an output.</summary>
    public OnnxFile Output(string name, int type, params object[] dimensions) =>
        Graph(12, ValueInfo(name, type, dimensions));

    /// <summary>Adds an operator without attributes.</summary>
    public OnnxFile Node(string operation, string[] inputs, string output)
    {
        var node = new MemoryStream();
        foreach (string input in inputs)
        {
            Bytes(node, 1, Encoding.UTF8.GetBytes(input));
        }

        Bytes(node, 2, Encoding.UTF8.GetBytes(output));
        Bytes(node, 4, Encoding.UTF8.GetBytes(operation));
        return Graph(1, node.ToArray());
    }

    /// <summary>Adds a constant vector of floats.</summary>
    public OnnxFile Constant(string name, params float[] values)
    {
        var tensor = new MemoryStream();
        Number(tensor, 1, (ulong)values.Length);
        Number(tensor, 2, Float);
        Bytes(tensor, 8, Encoding.UTF8.GetBytes(name));
        byte[] raw = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(raw.AsSpan(i * sizeof(float)), values[i]);
        }

        Bytes(tensor, 9, raw);
        return Graph(5, tensor.ToArray());
    }

    /// <summary>Adds a key/value pair of the file's own metadata.</summary>
    public OnnxFile Property(string key, string value)
    {
        var pair = new MemoryStream();
        Bytes(pair, 1, Encoding.UTF8.GetBytes(key));
        Bytes(pair, 2, Encoding.UTF8.GetBytes(value));
        Bytes(_model, 14, pair.ToArray());
        return this;
    }

    /// <summary>Sets the file's model version.</summary>
    public OnnxFile Version(ulong version)
    {
        Number(_model, 5, version);
        return this;
    }

    /// <summary>The file.</summary>
    public byte[] ToBytes()
    {
        var file = new MemoryStream();
        Number(file, 1, 8);
        var opset = new MemoryStream();
        Number(opset, 2, 13);
        Bytes(file, 8, opset.ToArray());
        Bytes(_graph, 2, "test"u8);
        Bytes(file, 7, _graph.ToArray());
        file.Write(_model.ToArray());
        return file.ToArray();
    }

    private static byte[] ValueInfo(string name, int type, object[] dimensions)
    {
        var shape = new MemoryStream();
        foreach (object dimension in dimensions)
        {
            var dim = new MemoryStream();
            if (dimension is string symbol)
            {
                Bytes(dim, 2, Encoding.UTF8.GetBytes(symbol));
            }
            else
            {
                Number(dim, 1, Convert.ToUInt64(dimension));
            }

            Bytes(shape, 1, dim.ToArray());
        }

        var tensor = new MemoryStream();
        Number(tensor, 1, (ulong)type);
        Bytes(tensor, 2, shape.ToArray());
        var wrapped = new MemoryStream();
        Bytes(wrapped, 1, tensor.ToArray());
        var info = new MemoryStream();
        Bytes(info, 1, Encoding.UTF8.GetBytes(name));
        Bytes(info, 2, wrapped.ToArray());
        return info.ToArray();
    }

    private static void Number(Stream into, int field, ulong value)
    {
        Varint(into, (ulong)(field << 3));
        Varint(into, value);
    }

    private static void Bytes(Stream into, int field, ReadOnlySpan<byte> value)
    {
        Varint(into, (ulong)((field << 3) | 2));
        Varint(into, (ulong)value.Length);
        into.Write(value);
    }

    private static void Varint(Stream into, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            into.WriteByte((byte)(value | 0x80));
        }

        into.WriteByte((byte)value);
    }

    private OnnxFile Graph(int field, byte[] value)
    {
        Bytes(_graph, field, value);
        return this;
    }
}
