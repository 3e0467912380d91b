using System.Buffers;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Control.Warming;

/// <summary>
/// TensorFlow Serving's record of one prediction (<c>tensorflow_serving/apis/prediction_log.proto</c>), turned into the
/// request, and where there is one the answer, that the service's own protocol would have carried.
/// </summary>
/// <param name="Request">Body of the request.</param>
/// <param name="Response">Body of the answer; null when the log has none.</param>
internal sealed record PredictionLog(byte[] Request, byte[]? Response)
{
    /// <summary>Reads one; null where it is damaged, is no predict log, or its tensors cannot be carried.</summary>
    public static PredictionLog? Read(ReadOnlySpan<byte> message, WireProtocol protocol)
    {
        var log = new ProtoFields(message);
        while (log.Next())
        {
            // predict_log; the other kinds are not what a predict endpoint answers.
            if (log.Number == 6)
            {
                return Predict(log.Bytes, protocol);
            }
        }

        return null;
    }

    private static PredictionLog? Predict(ReadOnlySpan<byte> message, WireProtocol protocol)
    {
        List<(string Name, LoggedTensor Tensor)>? inputs = null;
        List<(string Name, LoggedTensor Tensor)>? outputs = null;
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            if (fields.Number == 1)
            {
                inputs = Tensors(fields.Bytes, field: 2);
            }
            else if (fields.Number == 2)
            {
                outputs = Tensors(fields.Bytes, field: 1);
            }
        }

        return fields.Damaged || inputs is not { Count: > 0 }
            ? null
            : new PredictionLog(
                Body(protocol, "inputs", inputs),
                outputs is { Count: > 0 } ? Body(protocol, "outputs", outputs) : null
            );
    }

    // A map is a list of messages with a key and a value.
    private static List<(string Name, LoggedTensor Tensor)>? Tensors(ReadOnlySpan<byte> message, int field)
    {
        var tensors = new List<(string, LoggedTensor)>();
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            if (fields.Number != field)
            {
                continue;
            }

            string name = "";
            LoggedTensor? tensor = null;
            var entry = new ProtoFields(fields.Bytes);
            while (entry.Next())
            {
                name = entry.Number == 1 ? entry.Text : name;
                tensor = entry.Number == 2 ? LoggedTensor.Read(entry.Bytes) : tensor;
            }

            if (tensor is null || entry.Damaged)
            {
                return null;
            }

            tensors.Add((name, tensor));
        }

        return fields.Damaged ? null : tensors;
    }

    private static byte[] Body(WireProtocol protocol, string part, List<(string Name, LoggedTensor Tensor)> tensors)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (protocol == WireProtocol.TensorFlowServing)
            {
                Columns(json, part, tensors);
            }
            else
            {
                Listed(json, part, tensors);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    // Open Inference: a list of named, flat tensors.
    private static void Listed(Utf8JsonWriter json, string part, List<(string Name, LoggedTensor Tensor)> tensors)
    {
        json.WriteStartArray(part);
        foreach ((string name, LoggedTensor tensor) in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("datatype", tensor.Datatype);
            json.WriteStartArray("shape");
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteStartArray("data");
            for (int i = 0; i < tensor.Count; i++)
            {
                tensor.Write(json, i);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // TensorFlow Serving's columnar form: one nested list by name, or the list alone where there is one output.
    private static void Columns(Utf8JsonWriter json, string part, List<(string Name, LoggedTensor Tensor)> tensors)
    {
        json.WritePropertyName(part);
        if (part == "outputs" && tensors.Count == 1)
        {
            int alone = 0;
            Nested(json, tensors[0].Tensor, 0, ref alone);
            return;
        }

        json.WriteStartObject();
        foreach ((string name, LoggedTensor tensor) in tensors)
        {
            json.WritePropertyName(name);
            int at = 0;
            Nested(json, tensor, 0, ref at);
        }

        json.WriteEndObject();
    }

    private static void Nested(Utf8JsonWriter json, LoggedTensor tensor, int dimension, ref int at)
    {
        if (dimension == tensor.Shape.Count)
        {
            tensor.Write(json, at++);
            return;
        }

        json.WriteStartArray();
        for (long i = 0; i < tensor.Shape[dimension]; i++)
        {
            Nested(json, tensor, dimension + 1, ref at);
        }

        json.WriteEndArray();
    }
}
