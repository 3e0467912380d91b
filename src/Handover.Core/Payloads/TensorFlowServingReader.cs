using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// Reads TensorFlow Serving's REST predict call: answers in row form (<c>predictions</c>) and in column form
/// (<c>outputs</c>), requests likewise (<c>instances</c>, <c>inputs</c>). The protocol names no datatypes, so they are
/// inferred: numbers are FP64, truth values BOOL, strings and <c>{"b64": …}</c> BYTES. A model with one tensor leaves
/// its name out; so does the tensor.
/// </summary>
public static class TensorFlowServingReader
{
    /// <summary>
    /// The answer. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>, and <c>answer-is-error</c> for an
    /// error object where an answer was expected.
    /// </summary>
    public static Result<TypedAnswer> ReadResponse(ReadOnlySpan<byte> body) =>
        PayloadDocument.Read<TypedAnswer>(
            body,
            root =>
            {
                if (PayloadDocument.Text(root, "error") is { } error)
                {
                    return new Problem("answer-is-error", $"the member answered an error: {error}");
                }

                if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("predictions", out JsonElement rows))
                {
                    return Answer(Rows(rows), "/predictions");
                }

                return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("outputs", out JsonElement columns)
                    ? Answer(Columns(columns), "/outputs")
                    : PayloadDocument.Bad("/", "has neither predictions nor outputs");
            }
        );

    /// <summary>The request. Problems as in <see cref="ReadResponse"/>.</summary>
    public static Result<TypedRequest> ReadRequest(ReadOnlySpan<byte> body) =>
        PayloadDocument.Read<TypedRequest>(
            body,
            root =>
            {
                Result<TypedAnswer> inputs =
                    root.ValueKind == JsonValueKind.Object && root.TryGetProperty("instances", out JsonElement rows)
                        ? Answer(Rows(rows), "/instances")
                    : root.ValueKind == JsonValueKind.Object && root.TryGetProperty("inputs", out JsonElement columns)
                        ? Answer(Columns(columns), "/inputs")
                    : PayloadDocument.Bad("/", "has neither instances nor inputs");
                return inputs.Ok
                    ? new TypedRequest(inputs.Value.Tensors)
                    : Result<TypedRequest>.Failed(inputs.Problems);
            }
        );

    private static Result<TypedAnswer> Answer(
        IEnumerable<(string Name, List<JsonElement> Items, bool IsRows)> outputs,
        string where
    )
    {
        var tensors = new List<TypedTensor>();
        foreach ((string name, List<JsonElement> items, bool isRows) in outputs)
        {
            string at = name.Length == 0 ? where : $"{where}/{name}";
            var values = new InferredValues();
            if (values.Fill(items, isRows) is { } trouble)
            {
                return PayloadDocument.Bad(at, trouble);
            }

            tensors.Add(values.Tensor(name));
        }

        return new TypedAnswer(tensors);
    }

    private static IEnumerable<(string, List<JsonElement>, bool)> Rows(JsonElement rows)
    {
        if (rows.ValueKind != JsonValueKind.Array)
        {
            return [("", [rows], false)];
        }

        List<JsonElement> items = [.. rows.EnumerateArray()];
        bool named =
            items.Count > 0 && items[0].ValueKind == JsonValueKind.Object && !InferredValues.IsBase64(items[0]);
        if (!named)
        {
            return [("", items, true)];
        }

        return items[0]
            .EnumerateObject()
            .Select(member =>
                (
                    member.Name,
                    items
                        .Select(row =>
                            row.ValueKind == JsonValueKind.Object
                            && row.TryGetProperty(member.Name, out JsonElement value)
                                ? value
                                : default
                        )
                        .ToList(),
                    true
                )
            );
    }

    private static IEnumerable<(string, List<JsonElement>, bool)> Columns(JsonElement columns)
    {
        bool named = columns.ValueKind == JsonValueKind.Object && !InferredValues.IsBase64(columns);
        return named
            ? columns.EnumerateObject().Select(member => (member.Name, new List<JsonElement> { member.Value }, false))
            : [("", [columns], false)];
    }
}
