using System.Globalization;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts.Queries;

/// <summary>
/// One evaluation of a query. Every node and every item that is looked at costs a step; when they are used up, or a
/// function meets a value that it does not take, the first problem is kept and everything after it is null.
/// </summary>
internal sealed class JmesEvaluation
{
    private readonly long _steps;
    private long _left;

    public JmesEvaluation(long steps) => _left = _steps = steps;

    public Problem? Problem { get; private set; }

    public JmesValue Evaluate(JmesNode node, JmesValue at)
    {
        if (!Spend(1))
        {
            return JmesValue.Null;
        }

        return node switch
        {
            JmesNode.Current => at,
            JmesNode.Literal literal => literal.Value,
            JmesNode.Field field => at.Members.GetValueOrDefault(field.Name, JmesValue.Null),
            JmesNode.Then then => Evaluate(then.Right, Evaluate(then.Left, at)),
            JmesNode.Index index => Item(Evaluate(index.Of, at), index.At),
            JmesNode.Slice slice => Sliced(slice, Evaluate(slice.Of, at)),
            JmesNode.Flatten flatten => Flattened(Evaluate(flatten.Of, at)),
            JmesNode.Projection projection => Each(projection.Left, null, projection.Right, at),
            JmesNode.Filter filter => Each(filter.Left, filter.Condition, filter.Right, at),
            JmesNode.Values values => Values(values, at),
            JmesNode.ListOf list => at.Kind == JmesKind.Null
                ? JmesValue.Null
                : JmesValue.Of([.. list.Items.Select(i => Evaluate(i, at))]),
            JmesNode.MapOf map => at.Kind == JmesKind.Null ? JmesValue.Null : Map(map, at),
            JmesNode.Or or => Evaluate(or.Left, at) is { Falsy: false } left ? left : Evaluate(or.Right, at),
            JmesNode.And and => Evaluate(and.Left, at) is { Falsy: true } left ? left : Evaluate(and.Right, at),
            JmesNode.Not not => JmesValue.Of(Evaluate(not.Of, at).Falsy),
            JmesNode.Compare compare => Compared(compare.How, Evaluate(compare.Left, at), Evaluate(compare.Right, at)),
            JmesNode.Call call => call.Function.Invoke(this, call.Arguments, at),
            _ => Invariant.Unreachable<JmesValue>("a reference is taken by its function, never evaluated"),
        };
    }

    /// <summary>Takes steps off; false, with a problem, when there are none left.</summary>
    public bool Spend(long cost)
    {
        _left -= cost;
        if (_left < 0)
        {
            Problem ??= new Problem("jmespath-bounds", $"the query needs more than {_steps} steps over this document");
        }

        return Problem is null;
    }

    /// <summary>Ends the evaluation.</summary>
    public JmesValue Fail(string why)
    {
        Problem ??= new Problem("jmespath-failed", why);
        return JmesValue.Null;
    }

    /// <summary>Equality of JSON: numbers by value, maps without order.</summary>
    public bool Same(JmesValue a, JmesValue b)
    {
        if (!Spend(1) || a.Kind != b.Kind)
        {
            return false;
        }

        return a.Kind switch
        {
            JmesKind.Null => true,
            JmesKind.Boolean or JmesKind.Number => a.Number == b.Number,
            JmesKind.Text => string.Equals(a.Text, b.Text, StringComparison.Ordinal),
            JmesKind.List => a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(p => Same(p.First, p.Second)),
            _ => a.Members.Count == b.Members.Count
                && a.Members.All(m => b.Members.TryGetValue(m.Key, out JmesValue? other) && Same(m.Value, other)),
        };
    }

    /// <summary>Writes a value; what is too large, or no number that JSON has, is a problem.</summary>
    public void Write(JmesValue value, Utf8JsonWriter writer, long bytes)
    {
        if (Problem is not null)
        {
            return;
        }

        if (writer.BytesCommitted + writer.BytesPending > bytes)
        {
            Problem = new Problem("jmespath-bounds", $"the query makes more than {bytes} bytes of this document");
            return;
        }

        switch (value.Kind)
        {
            case JmesKind.Null:
                writer.WriteNullValue();
                break;
            case JmesKind.Boolean:
                writer.WriteBooleanValue(value.Number != 0);
                break;
            case JmesKind.Number when value.Text is "NaN" or "Infinity" or "-Infinity":
                Fail($"the query makes {value.Text}, which JSON does not have");
                break;
            case JmesKind.Number:
                writer.WriteRawValue(value.Text, skipInputValidation: true);
                break;
            case JmesKind.Text:
                writer.WriteStringValue(value.Text);
                break;
            case JmesKind.List:
                writer.WriteStartArray();
                foreach (JmesValue item in value.Items)
                {
                    Write(item, writer, bytes);
                    if (Problem is not null)
                    {
                        return;
                    }
                }

                writer.WriteEndArray();
                break;
            default:
                writer.WriteStartObject();
                foreach ((string name, JmesValue member) in value.Members)
                {
                    writer.WritePropertyName(name);
                    Write(member, writer, bytes);
                    if (Problem is not null)
                    {
                        return;
                    }
                }

                writer.WriteEndObject();
                break;
        }
    }

    private static JmesValue Item(JmesValue list, int at)
    {
        int index = at < 0 ? list.Items.Count + at : at;
        return index >= 0 && index < list.Items.Count ? list.Items[index] : JmesValue.Null;
    }

    private JmesValue Sliced(JmesNode.Slice slice, JmesValue list)
    {
        if (list.Kind != JmesKind.List)
        {
            return JmesValue.Null;
        }

        int count = list.Items.Count;
        int step = slice.Step ?? 1;
        long low = step > 0 ? 0 : -1;
        long high = step > 0 ? count : count - 1;
        long start = Clamped(slice.Start, step > 0 ? low : high);
        long stop = Clamped(slice.Stop, step > 0 ? high : low);
        var taken = new List<JmesValue>();
        for (long i = start; (step > 0 ? i < stop : i > stop) && Spend(1); i += step)
        {
            taken.Add(list.Items[(int)i]);
        }

        return JmesValue.Of(taken);

        long Clamped(int? given, long absent) =>
            given is not { } at ? absent : Math.Clamp(at < 0 ? (long)count + at : at, low, high);
    }

    private JmesValue Flattened(JmesValue list)
    {
        if (list.Kind != JmesKind.List)
        {
            return JmesValue.Null;
        }

        var flat = new List<JmesValue>();
        foreach (JmesValue item in list.Items)
        {
            if (!Spend(1 + item.Items.Count))
            {
                break;
            }

            if (item.Kind == JmesKind.List)
            {
                flat.AddRange(item.Items);
            }
            else
            {
                flat.Add(item);
            }
        }

        return JmesValue.Of(flat);
    }

    private JmesValue Each(JmesNode left, JmesNode? condition, JmesNode right, JmesValue at)
    {
        JmesValue list = Evaluate(left, at);
        if (list.Kind != JmesKind.List)
        {
            return JmesValue.Null;
        }

        var found = new List<JmesValue>();
        foreach (JmesValue item in list.Items)
        {
            if (condition is not null && Evaluate(condition, item).Falsy)
            {
                continue;
            }

            JmesValue made = Evaluate(right, item);
            if (Problem is not null)
            {
                break;
            }

            if (made.Kind != JmesKind.Null)
            {
                found.Add(made);
            }
        }

        return JmesValue.Of(found);
    }

    private JmesValue Values(JmesNode.Values node, JmesValue at)
    {
        JmesValue map = Evaluate(node.Left, at);
        return map.Kind != JmesKind.Map
            ? JmesValue.Null
            : JmesValue.Of([
                .. map.Members.Values.Select(v => Evaluate(node.Right, v)).Where(v => v.Kind != JmesKind.Null),
            ]);
    }

    private JmesValue Map(JmesNode.MapOf node, JmesValue at)
    {
        var members = new Dictionary<string, JmesValue>(StringComparer.Ordinal);
        foreach ((string name, JmesNode value) in node.Members)
        {
            members[name] = Evaluate(value, at);
        }

        return JmesValue.Of(members);
    }

    private JmesValue Compared(JmesComparison how, JmesValue a, JmesValue b)
    {
        if (how is JmesComparison.Equal or JmesComparison.NotEqual)
        {
            return JmesValue.Of(Same(a, b) == (how == JmesComparison.Equal));
        }

        if (a.Kind != JmesKind.Number || b.Kind != JmesKind.Number)
        {
            return JmesValue.Null;
        }

        return JmesValue.Of(
            how switch
            {
                JmesComparison.Less => a.Number < b.Number,
                JmesComparison.LessOrEqual => a.Number <= b.Number,
                JmesComparison.Greater => a.Number > b.Number,
                _ => a.Number >= b.Number,
            }
        );
    }

    /// <summary>A kind in words, for messages.</summary>
    public static string Words(JmesKind kind) => kind.ToString().ToLower(CultureInfo.InvariantCulture);
}
