using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>The same over gRPC: <c>ModelMetadataResponse</c>, within the same bounds.</summary>
public sealed partial record ModelMetadata
{
    /// <summary>Reads a message. Problem <c>bad-metadata</c> as in <see cref="Read(ReadOnlyMemory{byte})"/>.</summary>
    public static Result<ModelMetadata> ReadGrpc(ReadOnlySpan<byte> message)
    {
        if (message.Length > MaxBytes)
        {
            return Bad(null, $"it has more than {MaxBytes >> 20} MiB");
        }

        var tensors = new Dictionary<string, List<TensorSpec>> { ["inputs"] = [], ["outputs"] = [] };
        var names = new Dictionary<string, HashSet<string>> { ["inputs"] = [], ["outputs"] = [] };
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            string? list = (fields.Number, fields.WireType) switch
            {
                (4, 2) => "inputs",
                (5, 2) => "outputs",
                _ => null,
            };
            if (list is not null)
            {
                string at = $"{list}[{tensors[list].Count}]";
                if (tensors[list].Count == MaxTensors)
                {
                    return Bad(list, $"more than {MaxTensors} tensors");
                }

                if (Take(tensors[list], names[list], at, TensorOf(fields.Bytes)) is { } bad)
                {
                    return bad;
                }
            }
            else if (fields is { Number: 6, HasLength: true })
            {
                (string? name, string? value) = Entry(fields.Bytes);
                if (name is null || value is null || properties.Count == MaxProperties)
                {
                    return Bad("properties", $"more than {MaxProperties} entries, or one longer than {MaxText}");
                }

                properties[name] = value;
            }
        }

        return fields.Damaged
            ? Bad(null, "it is no protobuf message")
            : new ModelMetadata(new Signature(tensors["inputs"]), new Signature(tensors["outputs"]), properties);
    }

    /// <summary>The question for it: <c>ModelMetadataRequest</c> with a name of at most 127 bytes.</summary>
    public static byte[] GrpcRequest(string model)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(model);
        Invariant.Holds(name.Length <= sbyte.MaxValue, "names of services are short");
        return [0x0a, (byte)name.Length, .. name];
    }

    private static (string? Name, string? Datatype, List<long>? Sizes) TensorOf(ReadOnlySpan<byte> message)
    {
        (string? name, string? datatype) = (null, null);
        List<long>? sizes = [];
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            switch (fields.Number, fields.WireType)
            {
                case (1, 2):
                    name = Fit(fields.Text);
                    break;
                case (2, 2):
                    datatype = Fit(fields.Text);
                    break;
                case (3, 0):
                    sizes = With(sizes, fields.Value);
                    break;
                case (3, 2):
                    var packed = new ProtoFields(fields.Bytes);
                    while (!packed.AtEnd)
                    {
                        sizes = With(sizes, packed.Varint());
                    }

                    sizes = packed.Damaged ? null : sizes;
                    break;
            }
        }

        return fields.Damaged ? (null, null, null) : (name, datatype, sizes);
    }

    private static List<long>? With(List<long>? sizes, ulong size)
    {
        if (sizes is null || sizes.Count == MaxDimensions || (long)size < -1)
        {
            return null;
        }

        sizes.Add((long)size);
        return sizes;
    }

    private static (string? Name, string? Value) Entry(ReadOnlySpan<byte> message)
    {
        (string? name, string? value) = ("", "");
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            string? text = fields.Bytes.Length <= 4 * MaxText && fields.Text is { Length: <= MaxText } fit ? fit : null;
            (name, value) = (fields.Number, fields.WireType) switch
            {
                (1, 2) => (text, value),
                (2, 2) => (name, text),
                _ => (name, value),
            };
        }

        return (fields.Damaged ? null : name, value);
    }
}
