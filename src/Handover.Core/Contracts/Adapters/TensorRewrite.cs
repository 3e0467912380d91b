using System.Globalization;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts.Adapters;

/// <summary>One tensor of one answer on its way through its step.</summary>
/// <param name="step">What becomes of it.</param>
/// <param name="tensor">Its values, checked against its datatype and shape.</param>
/// <param name="element">The same as it was written, for what is kept.</param>
/// <param name="writer">Takes the result.</param>
internal sealed class TensorRewrite(TensorStep step, TypedTensor tensor, JsonElement element, Utf8JsonWriter writer)
{
    private readonly string _to = step.Cast ?? tensor.Datatype;
    private string? _trouble;

    /// <summary>Writes it; returns what is wrong with it, or null.</summary>
    public Problem? Run(string where)
    {
        if (step.Reorder is { } order && (tensor.Shape.Count == 0 || tensor.Shape[^1] != order.Count))
        {
            return TensorRewriter.Bad(where, $"{tensor.Name} has another last dimension than reorder names places");
        }

        bool computed = step.Scale is not null || _to != tensor.Datatype;
        bool numbers = Datatypes.IsInteger(tensor.Datatype) || Datatypes.IsFloat(tensor.Datatype);
        if (computed && (!numbers || (Datatypes.IsInteger(_to) && !Datatypes.IsInteger(tensor.Datatype))))
        {
            return TensorRewriter.Bad(where, $"{tensor.Name} is {tensor.Datatype}, which is not what was declared");
        }

        bool values = step.Reorder is not null || step.Scale is not null || _to != tensor.Datatype;
        writer.WriteStartObject();
        foreach (JsonProperty member in element.EnumerateObject())
        {
            writer.WritePropertyName(member.Name);
            switch (member.Name)
            {
                case "name":
                    writer.WriteStringValue(step.Rename ?? tensor.Name);
                    break;
                case "datatype":
                    writer.WriteStringValue(_to);
                    break;
                case "data" when values:
                    bool nested = member.Value.GetArrayLength() > 0 && member.Value[0].ValueKind == JsonValueKind.Array;
                    Data(nested);
                    break;
                default:
                    TensorRewriter.Copy(member.Value, writer);
                    break;
            }
        }

        writer.WriteEndObject();
        return _trouble is null ? null : TensorRewriter.Bad($"{where}/data", _trouble);
    }

    private void Data(bool nested)
    {
        if (nested)
        {
            int at = 0;
            Nested(0, ref at);
            return;
        }

        writer.WriteStartArray();
        for (int i = 0; i < tensor.Count; i++)
        {
            Value(i);
        }

        writer.WriteEndArray();
    }

    private void Nested(int dimension, ref int at)
    {
        writer.WriteStartArray();
        for (long i = 0; i < tensor.Shape[dimension]; i++)
        {
            if (dimension == tensor.Shape.Count - 1)
            {
                Value(at++);
            }
            else
            {
                Nested(dimension + 1, ref at);
            }
        }

        writer.WriteEndArray();
    }

    private void Value(int place)
    {
        int from = place;
        if (step.Reorder is { } order)
        {
            from = place - (place % order.Count) + order[place % order.Count];
        }

        if (tensor.IsText)
        {
            writer.WriteStringValue(tensor.Texts[from]);
        }
        else if (tensor.Datatype == "BOOL")
        {
            writer.WriteBooleanValue(tensor.Numbers[from] != 0);
        }
        else if (Datatypes.IsInteger(_to))
        {
            Whole(from);
        }
        else
        {
            Float(from);
        }
    }

    private void Whole(int from)
    {
        // Texts are there exactly when a value may be beyond what a double holds.
        Int128 value =
            tensor.Texts.Count > 0
            && Int128.TryParse(tensor.Texts[from], CultureInfo.InvariantCulture, out Int128 exact)
                ? exact
                : (Int128)tensor.Numbers[from];
        value *= (Int128)(step.Scale ?? 1);
        (double min, double max) = Datatypes.Bounds(_to)!.Value;
        if (value < (Int128)min || value > Most(_to, max))
        {
            _trouble ??= $"{value} is no {_to}";
        }

        writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
    }

    // 2^63 - 1 and 2^64 - 1 are no doubles.
    private static Int128 Most(string datatype, double max) =>
        datatype switch
        {
            "INT64" => long.MaxValue,
            "UINT64" => ulong.MaxValue,
            _ => (Int128)max,
        };

    private void Float(int from)
    {
        double value = tensor.Numbers[from];
        double made = TensorRewriter.Rounded(value * (step.Scale ?? 1), _to);
        if (double.IsFinite(value) && !double.IsFinite(made))
        {
            _trouble ??= string.Create(CultureInfo.InvariantCulture, $"{value} is too large for {_to} after scaling");
        }

        // What was not finite stays so: it is for contracts to say whether it may be there.
        string text =
            _to == "FP64"
                ? made.ToString("R", CultureInfo.InvariantCulture)
                : ((float)made).ToString("R", CultureInfo.InvariantCulture);
        writer.WriteRawValue(text.Replace("E+", "E", StringComparison.Ordinal), skipInputValidation: true);
    }
}
