using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Control.Warming;

/// <summary>
/// Recorded exchanges as TensorFlow Serving's PredictionLog: what <see cref="PredictionLog"/> reads, the other way
/// round, so that recorded traffic can warm a TensorFlow Serving model by its own means
/// (<c>assets.extra/tf_serving_warmup_requests</c>).
/// </summary>
public static class PredictionLogWriter
{
    private const string SignatureName = "serving_default";

    /// <summary>
    /// The message of one Open Inference exchange. A problem names what cannot be carried: a body that is no Open
    /// Inference JSON, or a datatype that the log has no field for.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="request">Body of the request.</param>
    /// <param name="response">Body of the answer; empty when there is none.</param>
    public static Result<byte[]> Write(string model, ReadOnlySpan<byte> request, ReadOnlySpan<byte> response)
    {
        Result<TypedRequest> asked = OpenInferenceReader.ReadRequest(request);
        Result<TypedAnswer> answered = response.IsEmpty
            ? new TypedAnswer([])
            : OpenInferenceReader.ReadResponse(response);
        return asked.Ok && answered.Ok
            ? Write(model, asked.Value.Tensors, answered.Value.Tensors, WireProtocol.OpenInference)
            : Result<byte[]>.Failed(asked.Ok ? answered.Problems : asked.Problems);
    }

    /// <summary>
    /// The message of one exchange of TensorFlow Serving's REST predict call. Its JSON names no types and leaves out
    /// the name of a single tensor, so both come from what the release declares. A problem names what cannot be
    /// carried.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="inputs">Names and datatypes that the release declares to accept.</param>
    /// <param name="outputs">Names and datatypes that it declares to answer.</param>
    /// <param name="request">Body of the request.</param>
    /// <param name="response">Body of the answer; empty when there is none.</param>
    public static Result<byte[]> WriteServing(
        string model,
        IReadOnlyList<(string Name, string Datatype)> inputs,
        IReadOnlyList<(string Name, string Datatype)> outputs,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> response
    )
    {
        Result<TypedRequest> asked = TensorFlowServingReader.ReadRequest(request);
        Result<TypedAnswer> answered = response.IsEmpty
            ? new TypedAnswer([])
            : TensorFlowServingReader.ReadResponse(response);
        if (!asked.Ok || !answered.Ok)
        {
            return Result<byte[]>.Failed(asked.Ok ? answered.Problems : asked.Problems);
        }

        Result<IReadOnlyList<TypedTensor>> typedIn = AsDeclared(asked.Value.Tensors, inputs, "input");
        Result<IReadOnlyList<TypedTensor>> typedOut = AsDeclared(answered.Value.Tensors, outputs, "output");
        return typedIn.Ok && typedOut.Ok
            ? Write(model, typedIn.Value, typedOut.Value, WireProtocol.TensorFlowServing)
            : Result<byte[]>.Failed(typedIn.Ok ? typedOut.Problems : typedIn.Problems);
    }

    private static Result<IReadOnlyList<TypedTensor>> AsDeclared(
        IReadOnlyList<TypedTensor> found,
        IReadOnlyList<(string Name, string Datatype)> declared,
        string what
    )
    {
        var typed = new List<TypedTensor>(found.Count);
        foreach (TypedTensor tensor in found)
        {
            (string name, string datatype) = declared.FirstOrDefault(d =>
                d.Name == tensor.Name || (tensor.Name.Length == 0 && declared.Count == 1)
            );
            string? why =
                name is null ? "is not declared by the release"
                : (datatype == "BYTES") != tensor.IsText ? $"is declared {datatype} and is not"
                : IsWhole(datatype) && !tensor.Numbers.All(IsExact) ? $"has values that are not exact as {datatype}"
                : null;
            if (why is not null)
            {
                string which = tensor.Name.Length == 0 ? $"the {what}" : $"the {what} '{tensor.Name}'";
                return new Problem("bad-body", $"{which} {why}; the log needs its type.")
                {
                    Fix = $"Declare the release's {what} tensors as they are.",
                };
            }

            typed.Add(tensor with { Name = name!, Datatype = datatype });
        }

        return typed;
    }

    private static bool IsWhole(string datatype) => datatype.Contains("INT", StringComparison.Ordinal);

    // JSON's numbers are read as doubles: from 2^53 on, one stands for several whole numbers.
    private static bool IsExact(double number) => Math.Abs(number) < 1L << 53 && number == Math.Truncate(number);

    private static Result<byte[]> Write(
        string model,
        IReadOnlyList<TypedTensor> inputs,
        IReadOnlyList<TypedTensor> outputs,
        WireProtocol protocol
    )
    {
        if (inputs.Concat(outputs).FirstOrDefault(t => LoggedTensor.TypeOf(t.Datatype) == 0) is { } odd)
        {
            return new Problem("bad-body", $"the tensor '{odd.Name}' is {odd.Datatype}, which the log cannot carry.");
        }

        byte[] specification = Message(spec =>
        {
            Bytes(spec, 1, Encoding.UTF8.GetBytes(model));
            Bytes(spec, 3, Encoding.UTF8.GetBytes(SignatureName));
        });
        byte[] predict = Message(log =>
        {
            Bytes(log, 1, Part(specification, 1, inputs, 2));
            if (outputs.Count > 0)
            {
                Bytes(log, 2, Part(specification, 2, outputs, 1));
            }
        });
        byte[] message = Message(log => Bytes(log, 6, predict));

        // One record that its reader refuses would make the whole file useless, so each is read before it is given.
        bool read =
            message.Length <= TfRecord.MostBytes
            && PredictionLog.Read(message, protocol) is { } back
            && (outputs.Count == 0 || back.Response is not null);
        return read
            ? message
            : new Problem("bad-body", "its tensors (their sizes, number or values) are not what the log can carry.");
    }

    private static byte[] Part(byte[] model, int modelField, IReadOnlyList<TypedTensor> tensors, int tensorField) =>
        Message(part =>
        {
            Bytes(part, modelField, model);
            foreach (TypedTensor tensor in tensors)
            {
                byte[] entry = Message(pair =>
                {
                    Bytes(pair, 1, Encoding.UTF8.GetBytes(tensor.Name));
                    Bytes(pair, 2, Message(value => Tensor(value, tensor)));
                });
                Bytes(part, tensorField, entry);
            }
        });

    // tensorflow/core/framework/tensor.proto: one list of values by type, packed where the values are numbers.
    private static void Tensor(MemoryStream output, TypedTensor tensor)
    {
        Number(output, 1, (ulong)LoggedTensor.TypeOf(tensor.Datatype));
        byte[] shape = Message(sizes =>
        {
            foreach (long size in tensor.Shape)
            {
                Bytes(sizes, 2, Message(dimension => Number(dimension, 1, (ulong)size)));
            }
        });
        Bytes(output, 2, shape);
        switch (tensor.Datatype)
        {
            case "BYTES":
                foreach (string text in tensor.Texts)
                {
                    Bytes(output, 8, Encoding.UTF8.GetBytes(text));
                }

                break;
            case "FP32":
                Bytes(output, 5, Message(values => Floats(values, tensor.Numbers)));
                break;
            case "FP64":
                Bytes(output, 6, Message(values => Doubles(values, tensor.Numbers)));
                break;
            default:
                Bytes(output, WholeField(tensor.Datatype), Message(values => Wholes(values, tensor)));
                break;
        }
    }

    private static int WholeField(string datatype) =>
        datatype switch
        {
            "INT64" => 10,
            "BOOL" => 11,
            "UINT32" => 16,
            "UINT64" => 17,
            _ => 7,
        };

    private static void Floats(MemoryStream output, IReadOnlyList<double> numbers)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (double number in numbers)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
            output.Write(bytes);
        }
    }

    private static void Doubles(MemoryStream output, IReadOnlyList<double> numbers)
    {
        Span<byte> bytes = stackalloc byte[8];
        foreach (double number in numbers)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
            output.Write(bytes);
        }
    }

    // Exact texts stand beside the numbers where a 64-bit value is larger than a double can hold.
    private static void Wholes(MemoryStream output, TypedTensor tensor)
    {
        for (int i = 0; i < tensor.Numbers.Count; i++)
        {
            Varint(
                output,
                tensor.Texts.Count == 0 ? (ulong)(long)tensor.Numbers[i]
                    : tensor.Datatype == "UINT64" ? ulong.Parse(tensor.Texts[i], CultureInfo.InvariantCulture)
                    : (ulong)long.Parse(tensor.Texts[i], CultureInfo.InvariantCulture)
            );
        }
    }

    private static byte[] Message(Action<MemoryStream> write)
    {
        using var output = new MemoryStream();
        write(output);
        return output.ToArray();
    }

    private static void Number(MemoryStream output, int field, ulong value)
    {
        Varint(output, (ulong)field << 3);
        Varint(output, value);
    }

    private static void Bytes(MemoryStream output, int field, ReadOnlySpan<byte> bytes)
    {
        Varint(output, ((ulong)field << 3) | 2);
        Varint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void Varint(MemoryStream output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.WriteByte((byte)(value | 0x80));
        }

        output.WriteByte((byte)value);
    }
}
