// Why: a request that is slightly wrong must be told so. A model that gets a wrong shape or type often answers anyway,
// and nobody notices; so everything that the protocol and the model declare is checked here, before the graph runs.
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Handover.Runtimes.Onnx;

/// <summary>Reads an Open Inference v2 request body against a model's inputs, without building a document.</summary>
internal static class InferRequestReader
{
    /// <summary>Most dimensions of a tensor.</summary>
    public const int MaxRank = 8;

    private const int MaxIdLength = 1024;

    /// <summary>
    /// Reads <paramref name="body"/>; the error is a sentence for the caller. Dispose the request in any case.
    /// </summary>
    public static string? Read(ReadOnlySpan<byte> body, OnnxModel model, InferRequest request)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxRank + 8 });
        try
        {
            return Body(ref reader, body, model, request) ?? Completeness(model, request);
        }
        catch (JsonException e)
        {
            return $"the body is not valid JSON: {e.Message}";
        }
        catch (InvalidOperationException e)
        {
            // GetString on text that is not valid UTF-8 or that has a lone surrogate.
            return $"the body has text that is not valid: {e.Message}";
        }
    }

    private static string? Body(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> body,
        OnnxModel model,
        InferRequest request
    )
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return "the body must be a JSON object";
        }

        bool inputs = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? error;
            if (reader.ValueTextEquals("inputs"u8))
            {
                error = inputs ? "'inputs' appears twice" : Inputs(ref reader, body, model, request);
                inputs = true;
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                error = Id(ref reader, request);
            }
            else if (reader.ValueTextEquals("outputs"u8))
            {
                error = Outputs(ref reader, model, request);
            }
            else if (reader.ValueTextEquals("parameters"u8))
            {
                error = RequestFields.Parameters(ref reader);
            }
            else
            {
                error = $"'{reader.GetString()}' is not a field of an inference request";
            }

            if (error is not null)
            {
                return error;
            }
        }

        // Reading to the very end reports text that follows the object.
        while (reader.Read()) { }

        return null;
    }

    private static string? Completeness(OnnxModel model, InferRequest request)
    {
        for (int i = 0; i < model.Inputs.Count; i++)
        {
            if (request.Values[i] is null)
            {
                return $"input '{model.Inputs[i].Name}' is missing";
            }
        }

        Dictionary<string, (long Size, string Input)>? sizes = null;
        for (int i = 0; i < model.Inputs.Count; i++)
        {
            ModelTensor tensor = model.Inputs[i];
            for (int d = 0; d < tensor.Shape.Count; d++)
            {
                if (tensor.Shape[d] >= 0 || tensor.Symbols[d].Length == 0)
                {
                    continue;
                }

                sizes ??= [];
                long size = request.Shapes[i]![d];
                if (!sizes.TryAdd(tensor.Symbols[d], (size, tensor.Name)) && sizes[tensor.Symbols[d]].Size != size)
                {
                    string symbol = tensor.Symbols[d];
                    (long other, string input) = sizes[symbol];
                    return $"dimension '{symbol}' is {other} in input '{input}' and {size} in '{tensor.Name}'";
                }
            }
        }

        return null;
    }

    private static string? Id(ref Utf8JsonReader reader, InferRequest request)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxIdLength)
        {
            return $"'id' must be a string of at most {MaxIdLength} bytes";
        }

        request.Id = reader.GetString();
        return null;
    }

    private static string? Inputs(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> body,
        OnnxModel model,
        InferRequest request
    )
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return "'inputs' must be an array";
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return "each of 'inputs' must be an object";
            }

            if (Input(ref reader, body, model, request) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? Input(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> body,
        OnnxModel model,
        InferRequest request
    )
    {
        string? name = null;
        string? datatype = null;
        long[]? shape = null;
        int dataAt = -1;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? error = null;
            if (reader.ValueTextEquals("name"u8))
            {
                error = RequestFields.Text(ref reader, "name", out name);
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                error = RequestFields.Text(ref reader, "datatype", out datatype);
            }
            else if (reader.ValueTextEquals("shape"u8))
            {
                error = RequestFields.Shape(ref reader, out shape);
            }
            else if (reader.ValueTextEquals("data"u8))
            {
                // Fields come in any order, so the numbers are read once the rest is known.
                reader.Read();
                dataAt = (int)reader.TokenStartIndex;
                reader.Skip();
            }
            else
            {
                error = reader.ValueTextEquals("parameters"u8)
                    ? RequestFields.Parameters(ref reader)
                    : $"'{reader.GetString()}' is not a field of an input";
            }

            if (error is not null)
            {
                return error;
            }
        }

        return Known(name, datatype, shape, dataAt, model, out int index)
            ?? Data(body, dataAt, model.Inputs[index], shape!, index, request);
    }

    private static string? Known(
        string? name,
        string? datatype,
        long[]? shape,
        int dataAt,
        OnnxModel model,
        out int index
    )
    {
        index = name is null ? -1 : Array.IndexOf(model.InputNames, name);
        if (name is null)
        {
            return "an input has no 'name'";
        }

        if (index < 0)
        {
            return $"'{name}' is not an input of this model; it has {string.Join(", ", model.InputNames)}";
        }

        ModelTensor tensor = model.Inputs[index];
        if (datatype != tensor.Datatype)
        {
            return $"input '{name}': datatype is {datatype ?? "missing"}, and the model takes {tensor.Datatype}";
        }

        if (shape is null || dataAt < 0)
        {
            return $"input '{name}': '{(shape is null ? "shape" : "data")}' is missing";
        }

        bool fits = shape.Length == tensor.Shape.Count;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = tensor.Shape[i] < 0 || tensor.Shape[i] == shape[i];
        }

        return fits
            ? null
            : $"input '{name}': shape is [{string.Join(", ", shape)}], and the model takes "
                + $"[{string.Join(", ", tensor.Shape)}]";
    }

    private static string? Data(
        ReadOnlySpan<byte> body,
        int dataAt,
        ModelTensor tensor,
        long[] shape,
        int index,
        InferRequest request
    )
    {
        if (request.Values[index] is not null)
        {
            return $"input '{tensor.Name}' appears twice";
        }

        long count = 1;
        foreach (long size in shape)
        {
            // Each element takes at least one byte of the body, so a shape that promises more is wrong, and is refused
            // before memory is taken for it. The body's length bounds the product, so it can't overflow.
            count *= size;
            if (count > body.Length)
            {
                return $"input '{tensor.Name}': data has fewer elements than its shape says";
            }
        }

        var reader = new Utf8JsonReader(body[dataAt..], new JsonReaderOptions { MaxDepth = MaxRank + 8 });
        reader.Read();
        string? error = TensorDataReader.Read(ref reader, tensor, shape, (int)count, out OrtValue? value);
        request.Values[index] = value;
        request.Shapes[index] = shape;
        return error;
    }

    private static string? Outputs(ref Utf8JsonReader reader, OnnxModel model, InferRequest request)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return "'outputs' must be an array";
        }

        var names = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string? name = null;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return "each of 'outputs' must be an object";
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string? error =
                    reader.ValueTextEquals("name"u8) ? RequestFields.Text(ref reader, "name", out name)
                    : reader.ValueTextEquals("parameters"u8) ? RequestFields.Parameters(ref reader)
                    : $"'{reader.GetString()}' is not a field of an output";
                if (error is not null)
                {
                    return error;
                }
            }

            if (name is null || Array.IndexOf(model.OutputNames, name) < 0)
            {
                return $"'{name}' is not an output of this model; it has {string.Join(", ", model.OutputNames)}";
            }

            if (names.Contains(name))
            {
                return $"output '{name}' is asked for twice";
            }

            names.Add(name);
        }

        request.Outputs = names.Count > 0 ? [.. names] : null;
        return null;
    }
}
