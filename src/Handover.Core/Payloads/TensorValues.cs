using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Handover.Core.Payloads;

/// <summary>
/// Collects the values of one tensor from nested or flat JSON lists, or one by one from protobuf, and checks them
/// against datatype and shape.
/// </summary>
internal sealed class TensorValues(string datatype, IReadOnlyList<long> shape)
{
    /// <summary>Whole numbers below this are exact as doubles.</summary>
    private const double Exact = 9007199254740992;

    private readonly bool _text = string.Equals(datatype, "BYTES", StringComparison.Ordinal);
    private readonly bool _integer = Datatypes.IsInteger(datatype);
    private readonly bool _boolean = string.Equals(datatype, "BOOL", StringComparison.Ordinal);
    private readonly (double Min, double Max)? _bounds = Datatypes.Bounds(datatype);
    private readonly List<double> _numbers = [];
    private readonly List<string> _texts = [];
    private List<string>? _exact;

    /// <summary>Reads the list; returns what is wrong with it, or null.</summary>
    public string? Fill(JsonElement data)
    {
        bool nested = data.GetArrayLength() > 0 && data[0].ValueKind == JsonValueKind.Array;
        return (nested ? Nested(data, 0) : Flat(data)) ?? Complete();
    }

    /// <summary>Whether there are as many values as the shape asks for; returns what is wrong, or null.</summary>
    public string? Complete()
    {
        long expected = 1;
        foreach (long size in shape)
        {
            expected = Math.Min(expected * size, int.MaxValue);
        }

        int count = _text ? _texts.Count : _numbers.Count;
        return count == expected
            ? null
            : $"has {count} values where shape [{string.Join(", ", shape)}] asks for {expected}";
    }

    /// <summary>The tensor.</summary>
    public TypedTensor Tensor(string name) =>
        new(name, datatype, shape) { Numbers = _numbers, Texts = _text ? _texts : _exact ?? [] };

    private string? Nested(JsonElement list, int dimension)
    {
        if (dimension >= shape.Count)
        {
            return $"is nested deeper than its shape [{string.Join(", ", shape)}]";
        }

        if (list.GetArrayLength() != shape[dimension])
        {
            return $"has {list.GetArrayLength()} items in dimension {dimension} "
                + $"where its shape says {shape[dimension]}";
        }

        if (dimension == shape.Count - 1)
        {
            return Flat(list);
        }

        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Array)
            {
                return $"mixes values and lists in dimension {dimension}";
            }

            if (Nested(item, dimension + 1) is { } trouble)
            {
                return trouble;
            }
        }

        return null;
    }

    private string? Flat(JsonElement list)
    {
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (Add(item) is { } trouble)
            {
                return trouble;
            }
        }

        return null;
    }

    private string? Add(JsonElement item)
    {
        if (_text)
        {
            if (item.ValueKind != JsonValueKind.String)
            {
                return $"has a {item.ValueKind} where BYTES are strings";
            }

            _texts.Add(item.GetString()!);
            return null;
        }

        if (_boolean && item.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            _numbers.Add(item.ValueKind == JsonValueKind.True ? 1 : 0);
            return null;
        }

        if (PayloadDocument.Number(item) is not { } number)
        {
            return $"has a {item.ValueKind} where {datatype} was declared";
        }

        if (Take(number) is { } trouble)
        {
            return trouble;
        }

        _exact?.Add(item.GetRawText());
        return null;
    }

    /// <summary>
    /// Takes the next text; bytes that are no UTF-8 are taken in base64, so that they stay different.
    /// </summary>
    public void Add(ReadOnlySpan<byte> text) =>
        _texts.Add(Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Convert.ToBase64String(text));

    /// <summary>Takes the next number; returns what is wrong with it, or null.</summary>
    public string? Add(double number)
    {
        string? trouble = Take(number);
        _exact?.Add(number.ToString("R", CultureInfo.InvariantCulture));
        return trouble;
    }

    /// <summary>Takes the next whole number; returns what is wrong with it, or null.</summary>
    public string? Add(long whole)
    {
        string? trouble = Take(whole);
        _exact?.Add(whole.ToString(CultureInfo.InvariantCulture));
        return trouble;
    }

    /// <summary>Takes the next whole number; returns what is wrong with it, or null.</summary>
    public string? Add(ulong whole)
    {
        string? trouble = Take(whole);
        _exact?.Add(whole.ToString(CultureInfo.InvariantCulture));
        return trouble;
    }

    private string? Take(double number)
    {
        if (
            (_integer || _boolean)
            && (number != Math.Floor(number) || number < _bounds!.Value.Min || number > _bounds.Value.Max)
        )
        {
            return string.Create(CultureInfo.InvariantCulture, $"has the value {number}, which is no {datatype}");
        }

        if (_integer && Math.Abs(number) >= Exact && _exact is null)
        {
            _exact = [.. _numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))];
        }

        _numbers.Add(number);
        return null;
    }
}
