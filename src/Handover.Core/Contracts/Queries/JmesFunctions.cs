using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// What the functions of JMESPath do. A value of a type that a function does not take ends the evaluation: guessing
/// would hand callers a number that nobody computed.
/// </summary>
internal static class JmesFunctions
{
    // A comparison sort looks at an item about log2(n) times; n is below 2^24 by the bound on answers.
    private const int SortCost = 24;
    private const int MaxText = 1 << 20;

    public static JmesValue Abs(JmesEvaluation e, JmesValue[] v) => Number(e, "abs", v[0], Math.Abs);

    public static JmesValue Ceil(JmesEvaluation e, JmesValue[] v) => Number(e, "ceil", v[0], Math.Ceiling);

    public static JmesValue Floor(JmesEvaluation e, JmesValue[] v) => Number(e, "floor", v[0], Math.Floor);

    public static JmesValue Avg(JmesEvaluation e, JmesValue[] v) =>
        v[0] is { Kind: JmesKind.List, Items.Count: 0 } ? JmesValue.Null
        : ListOf(e, "avg", v[0], JmesKind.Number) is { } items ? JmesValue.Of(items.Sum(i => i.Number) / items.Count)
        : JmesValue.Null;

    public static JmesValue Sum(JmesEvaluation e, JmesValue[] v) =>
        ListOf(e, "sum", v[0], JmesKind.Number) is { } items ? JmesValue.Of(items.Sum(i => i.Number)) : JmesValue.Null;

    public static JmesValue Contains(JmesEvaluation e, JmesValue[] v) =>
        v[0].Kind switch
        {
            JmesKind.List => JmesValue.Of(v[0].Items.Any(i => e.Same(i, v[1]))),
            JmesKind.Text => JmesValue.Of(
                v[1].Kind == JmesKind.Text && Priced(e, v[0]) && v[0].Text.Contains(v[1].Text, StringComparison.Ordinal)
            ),
            _ => Wrong(e, "contains", v[0], "a list or a text"),
        };

    public static JmesValue StartsWith(JmesEvaluation e, JmesValue[] v) =>
        Texts(e, "starts_with", v) ? JmesValue.Of(v[0].Text.StartsWith(v[1].Text, StringComparison.Ordinal)) : v[0];

    public static JmesValue EndsWith(JmesEvaluation e, JmesValue[] v) =>
        Texts(e, "ends_with", v) ? JmesValue.Of(v[0].Text.EndsWith(v[1].Text, StringComparison.Ordinal)) : v[0];

    public static JmesValue Join(JmesEvaluation e, JmesValue[] v)
    {
        if (v[0].Kind != JmesKind.Text)
        {
            return Wrong(e, "join", v[0], "a text");
        }

        if (ListOf(e, "join", v[1], JmesKind.Text) is not { } items)
        {
            return JmesValue.Null;
        }

        long length = items.Sum(i => (long)i.Text.Length + v[0].Text.Length);
        return length > MaxText ? e.Fail("join makes a text that is too long")
            : e.Spend(length / 8) ? JmesValue.Of(string.Join(v[0].Text, items.Select(i => i.Text)))
            : JmesValue.Null;
    }

    public static JmesValue Keys(JmesEvaluation e, JmesValue[] v) =>
        MapOf(e, "keys", v[0]) ? JmesValue.Of([.. v[0].Members.Keys.Select(JmesValue.Of)]) : JmesValue.Null;

    public static JmesValue Values(JmesEvaluation e, JmesValue[] v) =>
        MapOf(e, "values", v[0]) ? JmesValue.Of([.. v[0].Members.Values]) : JmesValue.Null;

    public static JmesValue Length(JmesEvaluation e, JmesValue[] v) =>
        v[0].Kind switch
        {
            JmesKind.Text => Priced(e, v[0]) ? JmesValue.Of(v[0].Text.EnumerateRunes().Count()) : JmesValue.Null,
            JmesKind.List => JmesValue.Of(v[0].Items.Count),
            JmesKind.Map => JmesValue.Of(v[0].Members.Count),
            _ => Wrong(e, "length", v[0], "a text, a list or a map"),
        };

    public static JmesValue Map(JmesEvaluation e, JmesValue list, JmesNode by) =>
        list.Kind == JmesKind.List
            ? JmesValue.Of([.. list.Items.Select(i => e.Evaluate(by, i))])
            : Wrong(e, "map", list, "a list");

    public static JmesValue Merge(JmesEvaluation e, JmesValue[] v)
    {
        var merged = new Dictionary<string, JmesValue>(StringComparer.Ordinal);
        foreach (JmesValue map in v)
        {
            if (!MapOf(e, "merge", map))
            {
                return JmesValue.Null;
            }

            foreach ((string name, JmesValue value) in map.Members)
            {
                merged[name] = value;
            }
        }

        return JmesValue.Of(merged);
    }

    public static JmesValue NotNull(JmesEvaluation e, JmesValue[] v) =>
        Array.Find(v, a => a.Kind != JmesKind.Null) ?? JmesValue.Null;

    public static JmesValue Reverse(JmesEvaluation e, JmesValue[] v)
    {
        switch (v[0].Kind)
        {
            case JmesKind.List when e.Spend(v[0].Items.Count):
                return JmesValue.Of([.. v[0].Items.Reverse()]);
            case JmesKind.Text when Priced(e, v[0]):
                var turned = new StringBuilder(v[0].Text.Length);
                foreach (Rune rune in v[0].Text.EnumerateRunes().Reverse())
                {
                    turned.Append(rune.ToString());
                }

                return JmesValue.Of(turned.ToString());
            case JmesKind.List or JmesKind.Text:
                return JmesValue.Null;
            default:
                return Wrong(e, "reverse", v[0], "a list or a text");
        }
    }

    public static JmesValue Sort(JmesEvaluation e, JmesValue[] v) =>
        Keyed(e, "sort", v[0], null) is { } keyed ? Sorted(keyed) : JmesValue.Null;

    public static JmesValue SortBy(JmesEvaluation e, JmesValue list, JmesNode by) =>
        Keyed(e, "sort_by", list, by) is { } keyed ? Sorted(keyed) : JmesValue.Null;

    public static JmesValue Extreme(JmesEvaluation e, JmesValue list, int sign) =>
        Keyed(e, sign > 0 ? "max" : "min", list, null) is { } keyed ? Outermost(keyed, sign) : JmesValue.Null;

    public static JmesValue ExtremeBy(JmesEvaluation e, JmesValue list, JmesNode by, int sign) =>
        Keyed(e, sign > 0 ? "max_by" : "min_by", list, by) is { } keyed ? Outermost(keyed, sign) : JmesValue.Null;

    public static JmesValue ToArray(JmesEvaluation e, JmesValue[] v) =>
        v[0].Kind == JmesKind.List ? v[0] : JmesValue.Of([v[0]]);

    public static JmesValue ToNumber(JmesEvaluation e, JmesValue[] v)
    {
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        return v[0].Kind switch
        {
            JmesKind.Number => v[0],
            JmesKind.Text
                when double.TryParse(
                    v[0].Text,
                    Style | NumberStyles.AllowExponent,
                    CultureInfo.InvariantCulture,
                    out double number
                ) && double.IsFinite(number) => JmesValue.Of(number),
            _ => JmesValue.Null,
        };
    }

    public static JmesValue ToText(JmesEvaluation e, JmesValue[] v)
    {
        if (v[0].Kind == JmesKind.Text)
        {
            return v[0];
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JmesQuery.AsWritten))
        {
            e.Write(v[0], writer, MaxText);
        }

        return e.Problem is null && e.Spend(buffer.WrittenCount / 8)
            ? JmesValue.Of(Encoding.UTF8.GetString(buffer.WrittenSpan))
            : JmesValue.Null;
    }

    public static JmesValue Type(JmesEvaluation e, JmesValue[] v) =>
        JmesValue.Of(
            v[0].Kind switch
            {
                JmesKind.Null => "null",
                JmesKind.Boolean => "boolean",
                JmesKind.Number => "number",
                JmesKind.Text => "string",
                JmesKind.List => "array",
                _ => "object",
            }
        );

    private static JmesValue Number(JmesEvaluation e, string name, JmesValue value, Func<double, double> does) =>
        value.Kind == JmesKind.Number ? JmesValue.Of(does(value.Number)) : Wrong(e, name, value, "a number");

    /// <summary>Items with what they are ordered by: all numbers, or all texts.</summary>
    private static List<(JmesValue Item, JmesValue Key)>? Keyed(
        JmesEvaluation e,
        string name,
        JmesValue list,
        JmesNode? by
    )
    {
        if (list.Kind != JmesKind.List)
        {
            Wrong(e, name, list, "a list");
            return null;
        }

        var keyed = new List<(JmesValue Item, JmesValue Key)>(list.Items.Count);
        foreach (JmesValue item in list.Items)
        {
            JmesValue key = by is null ? item : e.Evaluate(by, item);
            if (
                !e.Spend(SortCost + (key.Text.Length / 8))
                || key.Kind is not (JmesKind.Number or JmesKind.Text)
                || key.Kind != (keyed.Count > 0 ? keyed[0].Key.Kind : key.Kind)
            )
            {
                e.Fail($"{name} needs numbers only, or texts only");
                return null;
            }

            keyed.Add((item, key));
        }

        return keyed;
    }

    // Stable, as the specification asks for sort_by.
    private static JmesValue Sorted(List<(JmesValue Item, JmesValue Key)> keyed) =>
        JmesValue.Of([.. keyed.OrderBy(k => k.Key, Comparer<JmesValue>.Create(Order)).Select(k => k.Item)]);

    private static JmesValue Outermost(List<(JmesValue Item, JmesValue Key)> keyed, int sign)
    {
        (JmesValue Item, JmesValue Key)? best = null;
        foreach ((JmesValue Item, JmesValue Key) one in keyed)
        {
            best = best is { } known && Order(one.Key, known.Key) * sign <= 0 ? known : one;
        }

        return best?.Item ?? JmesValue.Null;
    }

    private static int Order(JmesValue a, JmesValue b) =>
        a.Kind == JmesKind.Number ? a.Number.CompareTo(b.Number) : string.CompareOrdinal(a.Text, b.Text);

    private static IReadOnlyList<JmesValue>? ListOf(JmesEvaluation e, string name, JmesValue value, JmesKind kind)
    {
        if (value.Kind == JmesKind.List && e.Spend(value.Items.Count) && value.Items.All(i => i.Kind == kind))
        {
            return value.Items;
        }

        Wrong(e, name, value, $"a list of {JmesEvaluation.Words(kind)}s");
        return null;
    }

    private static bool MapOf(JmesEvaluation e, string name, JmesValue value)
    {
        if (value.Kind == JmesKind.Map)
        {
            return e.Spend(value.Members.Count);
        }

        Wrong(e, name, value, "a map");
        return false;
    }

    private static bool Texts(JmesEvaluation e, string name, JmesValue[] values)
    {
        if (Array.TrueForAll(values, v => v.Kind == JmesKind.Text))
        {
            return Priced(e, values[0]);
        }

        Wrong(e, name, Array.Find(values, v => v.Kind != JmesKind.Text)!, "texts");
        return false;
    }

    private static bool Priced(JmesEvaluation e, JmesValue text) => e.Spend(1 + (text.Text.Length / 8));

    private static JmesValue Wrong(JmesEvaluation e, string name, JmesValue got, string wants) =>
        e.Fail($"{name} needs {wants}, got {JmesEvaluation.Words(got.Kind)}");
}
