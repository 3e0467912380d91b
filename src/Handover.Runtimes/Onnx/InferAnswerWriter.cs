// Why: JSON has no NaN and no infinity, and a model gives them without an error. They are found before a byte is
// written.
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Handover.Core.Foundation;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Handover.Runtimes.Onnx;

/// <summary>Writes Open Inference v2 answers.</summary>
internal static class InferAnswerWriter
{
    /// <summary>Answers are JSON documents, never parts of a page, so quotes and accents stay readable.</summary>
    internal static readonly JsonWriterOptions Options = new()
    {
        SkipValidation = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Writes the answer to one request. Returns what is wrong with the outputs, or null; then nothing is written.
    /// </summary>
    public static string? Write(
        IBufferWriter<byte> into,
        string modelName,
        OnnxModel model,
        InferRequest request,
        string[] names,
        IReadOnlyList<OrtValue> values
    )
    {
        for (int i = 0; i < names.Length; i++)
        {
            if (NotFinite(values[i]) is { } position)
            {
                return $"output '{names[i]}' is not a finite number at element {position}";
            }
        }

        using var json = new Utf8JsonWriter(into, Options);
        json.WriteStartObject();
        json.WriteString("model_name"u8, modelName);
        if (model.Version is not null)
        {
            json.WriteString("model_version"u8, model.Version);
        }

        if (request.Id is not null)
        {
            json.WriteString("id"u8, request.Id);
        }

        json.WriteStartArray("outputs"u8);
        for (int i = 0; i < names.Length; i++)
        {
            Output(json, model.Outputs[Array.IndexOf(model.OutputNames, names[i])], values[i]);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return null;
    }

    /// <summary>Writes <c>{"error": …}</c>.</summary>
    public static byte[] Error(string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("error"u8, message);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Output(Utf8JsonWriter json, ModelTensor tensor, OrtValue value)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, tensor.Name);
        json.WriteString("datatype"u8, tensor.Datatype);
        json.WriteStartArray("shape"u8);
        foreach (long size in value.GetTensorTypeAndShape().Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteStartArray("data"u8);
        Data(json, tensor, value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Data(Utf8JsonWriter json, ModelTensor tensor, OrtValue value)
    {
        switch (tensor.ElementType)
        {
            case TensorElementType.Float:
                foreach (float v in value.GetTensorDataAsSpan<float>())
                {
                    json.WriteNumberValue(v);
                }

                break;
            case TensorElementType.Double:
                foreach (double v in value.GetTensorDataAsSpan<double>())
                {
                    json.WriteNumberValue(v);
                }

                break;
            case TensorElementType.UInt64:
                foreach (ulong v in value.GetTensorDataAsSpan<ulong>())
                {
                    json.WriteNumberValue(v);
                }

                break;
            case TensorElementType.Bool:
                foreach (bool v in value.GetTensorDataAsSpan<bool>())
                {
                    json.WriteBooleanValue(v);
                }

                break;
            case TensorElementType.String:
                foreach (string v in value.GetStringTensorAsArray())
                {
                    json.WriteStringValue(v);
                }

                break;
            default:
                WholeNumbers(json, tensor.ElementType, value);
                break;
        }
    }

    private static void WholeNumbers(Utf8JsonWriter json, TensorElementType type, OrtValue value)
    {
        switch (type)
        {
            case TensorElementType.Int64:
                Write(json, value.GetTensorDataAsSpan<long>());
                break;
            case TensorElementType.Int32:
                Write(json, value.GetTensorDataAsSpan<int>());
                break;
            case TensorElementType.Int16:
                Write(json, value.GetTensorDataAsSpan<short>());
                break;
            case TensorElementType.Int8:
                Write(json, value.GetTensorDataAsSpan<sbyte>());
                break;
            case TensorElementType.UInt32:
                Write(json, value.GetTensorDataAsSpan<uint>());
                break;
            case TensorElementType.UInt16:
                Write(json, value.GetTensorDataAsSpan<ushort>());
                break;
            case TensorElementType.UInt8:
                Write(json, value.GetTensorDataAsSpan<byte>());
                break;
            default:
                Invariant.Unreachable<int>("a model with such a tensor is refused when it is loaded");
                break;
        }
    }

    private static void Write<T>(Utf8JsonWriter json, ReadOnlySpan<T> values)
        where T : unmanaged, System.Numerics.IBinaryInteger<T>
    {
        foreach (T v in values)
        {
            json.WriteNumberValue(long.CreateChecked(v));
        }
    }

    private static int? NotFinite(OrtValue value)
    {
        TensorElementType type = value.GetTensorTypeAndShape().ElementDataType;
        if (type == TensorElementType.Float)
        {
            ReadOnlySpan<float> values = value.GetTensorDataAsSpan<float>();
            for (int i = 0; i < values.Length; i++)
            {
                if (!float.IsFinite(values[i]))
                {
                    return i;
                }
            }
        }
        else if (type == TensorElementType.Double)
        {
            ReadOnlySpan<double> values = value.GetTensorDataAsSpan<double>();
            for (int i = 0; i < values.Length; i++)
            {
                if (!double.IsFinite(values[i]))
                {
                    return i;
                }
            }
        }

        return null;
    }
}
