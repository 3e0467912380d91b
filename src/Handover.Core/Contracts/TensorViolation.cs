using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Whether one concrete tensor is a value of a declared one. This is the meaning of a declaration: the compatibility
/// rules are right when, and only when, they agree with it.
/// </summary>
internal sealed class TensorViolation(TensorSpec spec)
{
    private const int MostShown = 12;
    private const int LongestShown = 64;

    /// <summary>The first thing that is wrong with the tensor; null when it is a value of the declaration.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="exact">Whether its datatype must be the declared one, not merely fit into it.</param>
    public AnswerFinding? First(TypedTensor tensor, bool exact = false)
    {
        bool datatypeOk =
            tensor.Inferred ? CouldBe(tensor)
            : exact ? string.Equals(tensor.Datatype, spec.Datatype, StringComparison.Ordinal)
            : Datatypes.FitsInto(tensor.Datatype, spec.Datatype);
        if (!datatypeOk)
        {
            return Finding(ContractRule.Datatype, $"is {tensor.Datatype} where {spec.Datatype} is declared", null);
        }

        if (!ShapeMatches(tensor.Shape))
        {
            return Finding(
                ContractRule.Shape,
                $"has shape [{string.Join(", ", tensor.Shape)}] where [{string.Join(", ", spec.Shape)}] is declared",
                null
            );
        }

        if (
            tensor.IsText
            && spec.Labels is { } labels
            && tensor.Texts.FirstOrDefault(t => !labels.Contains(t)) is { } unknown
        )
        {
            string detail = $"has the label {Text([unknown])}, and only {Text(labels)} are declared";
            return Finding(ContractRule.Labels, detail, null);
        }

        return OutOfRange(tensor) is { } value
            ? Finding(
                ContractRule.Range,
                double.IsFinite(value) && spec.Range is { } range
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"has the value {value:R} outside the declared range [{range.Min:R}, {range.Max:R}]"
                    )
                    : $"has a value that is not a number ({value.ToString(CultureInfo.InvariantCulture)})",
                value
            )
            : null;
    }

    /// <summary>Labels as people read them: the first few in order, each shortened.</summary>
    public static string Text(IEnumerable<string> labels)
    {
        string[] sorted = [.. labels.Order(StringComparer.Ordinal)];
        var shown = sorted.Take(MostShown).Select(l => l.Length <= LongestShown ? l : l[..LongestShown] + "…");
        string more = sorted.Length > MostShown ? $" and {sorted.Length - MostShown} more" : "";
        return string.Join(", ", shown) + more;
    }

    /// <summary>The values outside the declared range, not-a-number and infinities included.</summary>
    public int CountOutOfRange(TypedTensor tensor)
    {
        int count = 0;
        foreach (double value in tensor.Numbers)
        {
            count += Outside(value) ? 1 : 0;
        }

        return count;
    }

    private double? OutOfRange(TypedTensor tensor)
    {
        foreach (double value in tensor.Numbers)
        {
            if (Outside(value))
            {
                return value;
            }
        }

        return null;
    }

    private bool Outside(double value) =>
        !double.IsFinite(value) || (spec.Range is { } range && (value < range.Min || value > range.Max));

    // Where the protocol writes no datatypes, the values alone must be possible ones.
    private bool CouldBe(TypedTensor tensor)
    {
        bool wantsText = string.Equals(spec.Datatype, "BYTES", StringComparison.Ordinal);
        return tensor.Count == 0
            || (
                tensor.IsText == wantsText
                && (
                    Datatypes.Bounds(spec.Datatype) is not { } bounds
                    || tensor.Numbers.All(v => v == Math.Floor(v) && v >= bounds.Min && v <= bounds.Max)
                )
            );
    }

    private bool ShapeMatches(IReadOnlyList<long> shape)
    {
        if (shape.Count != spec.Shape.Count)
        {
            return false;
        }

        for (int i = 0; i < shape.Count; i++)
        {
            if (spec.Shape[i] >= 0 && spec.Shape[i] != shape[i])
            {
                return false;
            }
        }

        return true;
    }

    private AnswerFinding Finding(ContractRule rule, string what, double? value) =>
        new(spec.Name, rule, $"output {spec.Name} {what}") { Value = value };
}
