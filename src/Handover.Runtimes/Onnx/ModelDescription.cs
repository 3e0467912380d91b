// Why: what a loaded model says of itself is compared with what its release declares, so it comes from the session
// alone.
using System.Buffers;
using System.Text.Json;

namespace Handover.Runtimes.Onnx;

/// <summary>Bodies of the metadata calls.</summary>
internal static class ModelDescription
{
    /// <summary>The answer to <c>GET /v2</c>.</summary>
    public static byte[] Server() =>
        Write(json =>
        {
            json.WriteString("name"u8, "handover");
            json.WriteString("version"u8, typeof(ModelDescription).Assembly.GetName().Version?.ToString(3));
            json.WriteStartArray("extensions"u8);
            json.WriteEndArray();
        });

    /// <summary>
    /// The answer to <c>GET /v2/models/{m}</c>. <c>properties</c> are the file's own key/value pairs, under the name
    /// that the protocol gives them over gRPC.
    /// </summary>
    public static byte[] Model(string name, OnnxModel model) =>
        Write(json =>
        {
            json.WriteString("name"u8, name);
            if (model.Version is not null)
            {
                json.WriteStartArray("versions"u8);
                json.WriteStringValue(model.Version);
                json.WriteEndArray();
            }

            json.WriteString("platform"u8, "onnx_onnxruntime");
            Tensors(json, "inputs", model.Inputs);
            Tensors(json, "outputs", model.Outputs);
            json.WriteStartObject("properties"u8);
            foreach ((string key, string value) in model.Properties)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        });

    /// <summary>The answer to a ready call; the status code is what counts.</summary>
    public static byte[] Ready(string? name, bool ready) =>
        Write(json =>
        {
            if (name is not null)
            {
                json.WriteString("name"u8, name);
            }

            json.WriteBoolean("ready"u8, ready);
        });

    private static void Tensors(Utf8JsonWriter json, string field, IReadOnlyList<ModelTensor> tensors)
    {
        json.WriteStartArray(field);
        foreach (ModelTensor tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, tensor.Name);
            json.WriteString("datatype"u8, tensor.Datatype);
            json.WriteStartArray("shape"u8);
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, InferAnswerWriter.Options))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
