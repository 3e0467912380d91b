using System.Text;
using System.Text.Json;

namespace Handover.Core.Payloads;

/// <summary>Collects the values of a tensor whose datatype and shape nobody wrote down.</summary>
internal sealed class InferredValues
{
    private readonly List<double> _numbers = [];
    private readonly List<string> _texts = [];
    private readonly List<long> _shape = [];
    private bool? _text;
    private bool? _boolean;

    /// <summary>Reads the values; returns what is wrong with them, or null.</summary>
    /// <param name="items">The rows, or the one value.</param>
    /// <param name="isRows">Whether the items are the first dimension.</param>
    public string? Fill(List<JsonElement> items, bool isRows)
    {
        if (!isRows)
        {
            return Walk(items[0], 0);
        }

        _shape.Add(items.Count);
        foreach (JsonElement item in items)
        {
            if (Walk(item, 1) is { } trouble)
            {
                return trouble;
            }
        }

        return null;
    }

    /// <summary>The tensor.</summary>
    public TypedTensor Tensor(string name)
    {
        string datatype =
            _text == true ? "BYTES"
            : _boolean == true ? "BOOL"
            : "FP64";
        return new TypedTensor(name, datatype, _shape)
        {
            Numbers = _numbers,
            Texts = _texts,
            Inferred = true,
        };
    }

    /// <summary>Whether the value is <c>{"b64": "…"}</c>.</summary>
    public static bool IsBase64(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty("b64", out JsonElement text)
        && text.ValueKind == JsonValueKind.String
        && value.EnumerateObject().Count() == 1;

    private string? Walk(JsonElement value, int dimension)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return dimension == _shape.Count || (_numbers.Count == 0 && _texts.Count == 0)
                ? Leaf(value)
                : "mixes values and lists";
        }

        int length = value.GetArrayLength();
        if (dimension == _shape.Count)
        {
            if (_numbers.Count + _texts.Count > 0)
            {
                return "mixes values and lists";
            }

            _shape.Add(length);
        }

        if (_shape[dimension] != length)
        {
            return $"is ragged: {length} items in dimension {dimension} where others have {_shape[dimension]}";
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            if (Walk(item, dimension + 1) is { } trouble)
            {
                return trouble;
            }
        }

        return null;
    }

    private string? Leaf(JsonElement value)
    {
        double? number =
            value.ValueKind == JsonValueKind.Number || PayloadDocument.IsBareToken(value)
                ? PayloadDocument.Number(value)
            : value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? (value.ValueKind == JsonValueKind.True ? 1 : 0)
            : null;
        string? text =
            number is not null ? null
            : value.ValueKind == JsonValueKind.String ? value.GetString()
            : IsBase64(value) ? Decoded(value.GetProperty("b64").GetString()!)
            : null;
        if (number is null && text is null)
        {
            return value.ValueKind == JsonValueKind.Undefined
                ? "is missing in some rows"
                : $"has a {value.ValueKind} as a value";
        }

        bool boolean = value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        _text ??= text is not null;
        _boolean ??= boolean;
        if (_text != (text is not null) || _boolean != boolean)
        {
            return "mixes kinds of values";
        }

        if (text is not null)
        {
            _texts.Add(text);
        }
        else
        {
            _numbers.Add(number!.Value);
        }

        return null;
    }

    /// <summary>
    /// The decoded text; bytes that are no UTF-8 stay in base64, so that different bytes stay different.
    /// </summary>
    private static string? Decoded(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out int length))
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return base64;
        }
    }
}
