using System.Globalization;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts.Adapters;

/// <summary>
/// Rewrites the tensors of one Open Inference answer. What no step names passes byte for byte; nesting is kept; whole
/// numbers are computed as whole numbers, also beyond 2^53.
/// </summary>
internal sealed class TensorRewriter(IReadOnlyList<TensorStep> steps)
{
    /// <summary>
    /// The value of a float datatype that is nearest to a number; other datatypes hold what they are given.
    /// </summary>
    public static double Rounded(double value, string datatype) =>
        datatype switch
        {
            "FP32" => (float)value,
            "FP16" => (double)(Half)value,
            "BF16" => ToBFloat((float)value),
            _ => value,
        };

    /// <summary>Writes the rewritten answer; returns what is wrong with the answer, or null.</summary>
    public Problem? Rewrite(JsonElement root, Utf8JsonWriter writer, long bytes)
    {
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("outputs", out JsonElement outputs)
            || outputs.ValueKind != JsonValueKind.Array
        )
        {
            return Bad("/outputs", "is missing or not a list of tensors");
        }

        var missing = steps.Select(s => s.Tensor).ToHashSet(StringComparer.Ordinal);
        writer.WriteStartObject();
        foreach (JsonProperty member in root.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            if (!member.NameEquals("outputs"u8))
            {
                Copy(member.Value, writer);
                continue;
            }

            writer.WriteStartArray();
            int index = 0;
            foreach (JsonElement tensor in outputs.EnumerateArray())
            {
                string where = $"/outputs/{index++}";
                if (Output(tensor, where, writer, missing) is { } problem)
                {
                    return problem;
                }

                if (writer.BytesCommitted + writer.BytesPending > bytes)
                {
                    return new Problem("adapter-bounds", $"the adapted answer has more than {bytes} bytes");
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        return missing.Count == 0
            ? null
            : Bad("/outputs", $"has no tensor {string.Join(" and no ", missing.Order(StringComparer.Ordinal))}");
    }

    private Problem? Output(JsonElement tensor, string where, Utf8JsonWriter writer, HashSet<string> missing)
    {
        string? name = PayloadDocument.Text(tensor, "name");
        TensorStep? step = steps.FirstOrDefault(s => string.Equals(s.Tensor, name, StringComparison.Ordinal));
        if (step is null)
        {
            Copy(tensor, writer);
            return null;
        }

        if (!missing.Remove(step.Tensor))
        {
            return Bad(where, $"tensor {name} occurs twice");
        }

        if (step.Drop)
        {
            return null;
        }

        Result<TypedTensor> read = OpenInferenceReader.Tensor(tensor, where);
        if (!read.Ok)
        {
            return read.Problems[0];
        }

        return new TensorRewrite(step, read.Value, tensor, writer).Run(where);
    }

    /// <summary>Copies a value, with the bare tokens that the document holds as marked texts.</summary>
    internal static void Copy(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in value.EnumerateArray())
                {
                    Copy(item, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Copy(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.String when PayloadDocument.IsBareToken(value):
                writer.WriteRawValue(value.GetString()![1..], skipInputValidation: true);
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    internal static Problem Bad(string where, string why) =>
        new("adapter-failed", string.Create(CultureInfo.InvariantCulture, $"{where}: {why}")) { Field = where };

    // The upper half of a float, rounded to nearest, ties to even; what is not finite stays so.
    private static double ToBFloat(float value)
    {
        if (!float.IsFinite(value))
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        bits += 0x7FFF + ((bits >> 16) & 1);
        return BitConverter.UInt32BitsToSingle(bits & 0xFFFF0000);
    }
}
