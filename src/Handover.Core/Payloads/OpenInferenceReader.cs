using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Reads bodies of the Open Inference Protocol v2 over REST. <c>data</c> may be nested or flat; both give the same
/// tensor. Values are checked against the datatype they claim: 1.5 is not an INT64 and 300 is not a UINT8.
/// </summary>
public static class OpenInferenceReader
{
    /// <summary>
    /// The answer of an infer call. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>, and
    /// <c>answer-is-error</c> for an error object where an answer was expected.
    /// </summary>
    public static Result<TypedAnswer> ReadResponse(ReadOnlySpan<byte> body) =>
        ServerSentEvents.Is(body) ? GeneratedText.ReadStream(body) : ReadWhole(body);

    private static Result<TypedAnswer> ReadWhole(ReadOnlySpan<byte> body) =>
        PayloadDocument.Read<TypedAnswer>(
            body,
            root =>
            {
                if (PayloadDocument.Text(root, "error") is { } error)
                {
                    return new Problem("answer-is-error", $"the member answered an error: {error}");
                }

                Result<IReadOnlyList<TypedTensor>> tensors = GeneratedText.Of(root) is { } text
                    ? GeneratedText.Tensors(text)
                    : Tensors(root, "outputs");
                return tensors.Ok
                    ? new TypedAnswer(tensors.Value)
                    {
                        Id = PayloadDocument.Text(root, "id"),
                        Model = PayloadDocument.Text(root, "model_version") is { } version
                            ? $"{PayloadDocument.Text(root, "model_name")}/{version}"
                            : PayloadDocument.Text(root, "model_name"),
                    }
                    : Result<TypedAnswer>.Failed(tensors.Problems);
            }
        );

    /// <summary>The request of an infer call. Problems as in <see cref="ReadResponse"/>.</summary>
    public static Result<TypedRequest> ReadRequest(ReadOnlySpan<byte> body) =>
        PayloadDocument.Read<TypedRequest>(
            body,
            root =>
            {
                Result<IReadOnlyList<TypedTensor>> tensors = Tensors(root, "inputs");
                return tensors.Ok
                    ? new TypedRequest(tensors.Value) { Id = PayloadDocument.Text(root, "id") }
                    : Result<TypedRequest>.Failed(tensors.Problems);
            }
        );

    private static Result<IReadOnlyList<TypedTensor>> Tensors(JsonElement root, string property)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(property, out JsonElement list))
        {
            return PayloadDocument.Bad($"/{property}", "is missing");
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            return PayloadDocument.Bad($"/{property}", "is not a list of tensors");
        }

        var tensors = new List<TypedTensor>(list.GetArrayLength());
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            Result<TypedTensor> tensor = Tensor(item, $"/{property}/{index++}");
            if (!tensor.Ok)
            {
                return Result<IReadOnlyList<TypedTensor>>.Failed(tensor.Problems);
            }

            if (tensors.Exists(t => string.Equals(t.Name, tensor.Value.Name, StringComparison.Ordinal)))
            {
                return PayloadDocument.Bad($"/{property}/{index - 1}/name", $"'{tensor.Value.Name}' occurs twice");
            }

            tensors.Add(tensor.Value);
        }

        return tensors;
    }

    /// <summary>One tensor, checked against the datatype and the shape that it claims.</summary>
    internal static Result<TypedTensor> Tensor(JsonElement item, string where)
    {
        if (PayloadDocument.Text(item, "name") is not { } name)
        {
            return PayloadDocument.Bad($"{where}/name", "is missing");
        }

        if (PayloadDocument.Text(item, "datatype") is not { } datatype || !Datatypes.Known(datatype))
        {
            return PayloadDocument.Bad($"{where}/datatype", "is missing or not an Open Inference datatype");
        }

        if (!item.TryGetProperty("shape", out JsonElement shapeElement) || Shape(shapeElement) is not { } shape)
        {
            return PayloadDocument.Bad($"{where}/shape", "is missing or not a list of sizes");
        }

        if (!item.TryGetProperty("data", out JsonElement data) || data.ValueKind != JsonValueKind.Array)
        {
            return PayloadDocument.Bad($"{where}/data", "is missing or not a list");
        }

        var values = new TensorValues(datatype, shape);
        return values.Fill(data) is { } trouble ? PayloadDocument.Bad($"{where}/data", trouble) : values.Tensor(name);
    }

    private static long[]? Shape(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() > PayloadDocument.MaxDepth)
        {
            return null;
        }

        var shape = new long[element.GetArrayLength()];
        int i = 0;
        foreach (JsonElement size in element.EnumerateArray())
        {
            if (
                size.ValueKind != JsonValueKind.Number
                || !size.TryGetInt64(out shape[i])
                || shape[i] is < 0 or > int.MaxValue
            )
            {
                return null;
            }

            i++;
        }

        return shape;
    }
}
