using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// Which of the recent requests warm a release. Every segment and every shape of request among them gets its part, rare
/// ones at least one: what a model has never seen in its shape is slow the first time (memory is planned, kernels are
/// chosen), and the first time should not be a caller's.
/// </summary>
internal static class WarmSample
{
    /// <summary>
    /// At most <paramref name="most"/> of <paramref name="recent"/>, in their order: one of each kind, newest first, and
    /// the rest in proportion to how often each kind came.
    /// </summary>
    /// <param name="recent">Newest first.</param>
    /// <param name="most">Most requests.</param>
    public static IReadOnlyList<Exchange> Of(IReadOnlyList<Exchange> recent, int most)
    {
        if (recent.Count <= most)
        {
            return recent;
        }

        List<List<int>> kinds =
        [
            .. Enumerable
                .Range(0, recent.Count)
                .GroupBy(i => (recent[i].Segment, recent[i].Path, Shape(recent[i].Request.GetValueOrDefault())))
                .Select(g => g.ToList())
                .OrderByDescending(g => g.Count),
        ];
        var taken = new SortedSet<int>();
        foreach (List<int> kind in kinds.Take(most))
        {
            taken.Add(kind[0]);
        }

        // Each kind's part of what is left is taken evenly over its time, so that it is not all of the last second.
        int left = most - taken.Count;
        foreach (List<int> kind in kinds)
        {
            int part = (int)((long)left * kind.Count / recent.Count);
            for (int k = 0; k < part; k++)
            {
                taken.Add(kind[(int)((long)k * kind.Count / part)]);
            }
        }

        for (int i = 0; i < recent.Count && taken.Count < most; i++)
        {
            taken.Add(i);
        }

        return [.. taken.Select(i => recent[i])];
    }

    /// <summary>
    /// The shape of a body: names, types and shapes of its tensors where it has some, else its members with the lengths
    /// of its arrays, else its length up to a factor of two.
    /// </summary>
    internal static string Shape(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = 64 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? OfObject(document.RootElement)
                : Length(body.Length);
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return Length(body.Length);
        }
    }

    private static string OfObject(JsonElement root)
    {
        var text = new StringBuilder();
        foreach (JsonProperty member in root.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            text.Append(member.Name).Append(':');
            if (member.NameEquals("inputs") && member.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement tensor in member.Value.EnumerateArray())
                {
                    Tensor(text, tensor);
                }
            }
            else
            {
                Value(text, member.Value);
            }

            text.Append(';');
        }

        return text.ToString();
    }

    private static void Tensor(StringBuilder text, JsonElement tensor)
    {
        if (tensor.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (string field in (string[])["name", "datatype", "shape"])
        {
            text.Append(tensor.TryGetProperty(field, out JsonElement value) ? value.GetRawText() : "").Append(' ');
        }
    }

    private static void Value(StringBuilder text, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                text.Append('[').Append(value.GetArrayLength()).Append(']');
                break;
            case JsonValueKind.String:
                text.Append(Length(value.GetRawText().Length));
                break;
            default:
                text.Append(value.ValueKind.ToString());
                break;
        }
    }

    private static string Length(int length) =>
        string.Create(CultureInfo.InvariantCulture, $"2^{BitOperations.Log2((uint)Math.Max(1, length))}");
}
