using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// Whether another answer to the same request decides otherwise at a declared threshold, in a direction that does harm.
/// It is one bit of a request, however many outputs decide something. That a value differs informs; that somebody is
/// now treated otherwise is what a gate may act on (metric <c>flips</c>).
/// </summary>
public static class DecisionFlips
{
    /// <summary>Whether anything decides at all.</summary>
    public static bool Declared(Tolerances rules) =>
        rules.Threshold is not null || rules.ByPath?.Values.Any(at => at.Threshold is not null) == true;

    /// <summary>
    /// Whether a decision of <paramref name="first"/> is made otherwise by <paramref name="other"/>. A failure decides
    /// nothing (it counts as an error), and neither does a value that only one of the answers has.
    /// </summary>
    /// <param name="first">What was served.</param>
    /// <param name="other">The candidate's answer, or stable's second one.</param>
    /// <param name="rules">Where the thresholds are, and which direction does harm.</param>
    public static bool Harmful(Result<TypedAnswer> first, Result<TypedAnswer> other, Tolerances rules) =>
        first.Ok && other.Ok && Harmful(first.Value, other.Value, rules);

    private static bool Harmful(TypedAnswer first, TypedAnswer other, Tolerances rules)
    {
        if (first.Tensors.Any(a => other.Find(a.Name) is { } b && Harmful(a, b, rules)))
        {
            return true;
        }

        (IReadOnlyList<JsonLeaf> left, IReadOnlyList<JsonLeaf> right) = (first.Leaves, other.Leaves);
        if (JsonArrays.Named(rules))
        {
            var lists = new List<(TypedTensor Before, TypedTensor After)>();
            (left, right) = JsonArrays.Take(left, right, rules, lists);
            if (lists.Exists(l => Harmful(l.Before, l.After, rules)))
            {
                return true;
            }
        }

        var numbers = new Dictionary<string, double>(right.Count, StringComparer.Ordinal);
        foreach (JsonLeaf leaf in right.Where(l => l.Kind == JsonLeafKind.Number))
        {
            numbers[leaf.Path] = leaf.Number;
        }

        return left.Any(leaf =>
            leaf.Kind == JsonLeafKind.Number
            && numbers.TryGetValue(leaf.Path, out double number)
            && JsonComparison.Fold(leaf.Path) is var path
            && rules.KindOf(path) is OutputKind.Auto or OutputKind.Number
            && Harmful(leaf.Number, number, rules.For(path))
        );
    }

    private static bool Harmful(TypedTensor first, TypedTensor other, Tolerances all)
    {
        Tolerances rules = all.For(first.Name);
        bool alike = !first.IsText && first.Datatype == other.Datatype && first.Shape.SequenceEqual(other.Shape);
        if (rules.Threshold is null || !alike)
        {
            return false;
        }

        return all.KindOf(first.Name) switch
        {
            OutputKind.Probabilities => Rows(first, other, rules),
            OutputKind.Auto when !Datatypes.IsFloat(first.Datatype) => false,
            OutputKind.Auto or OutputKind.Number => Enumerable
                .Range(0, Math.Min(first.Numbers.Count, other.Numbers.Count))
                .Any(i => Harmful(first.Numbers[i], other.Numbers[i], rules)),
            _ => false,
        };
    }

    // The decision is the most probable class where it is sure enough, and none where it is not.
    private static bool Rows(TypedTensor first, TypedTensor other, Tolerances rules)
    {
        double[] p = [.. first.Numbers];
        double[] q = [.. other.Numbers];
        int width = first.Shape.Count == 0 ? p.Length : (int)first.Shape[^1];
        for (int at = 0; width > 0 && at + width <= Math.Min(p.Length, q.Length); at += width)
        {
            ReadOnlySpan<double> a = p.AsSpan(at, width);
            ReadOnlySpan<double> b = q.AsSpan(at, width);
            (int before, int after) = (ProbabilityComparison.Top(a), ProbabilityComparison.Top(b));
            bool bothSure = a[before] >= rules.Threshold && b[after] >= rules.Threshold;
            if (
                Harmful(a[before], b[after], rules) || (bothSure && before != after && rules.Harm is HarmfulFlip.Either)
            )
            {
                return true;
            }
        }

        return false;
    }

    // A value that is no number is below every threshold, as it is when answers are compared.
    private static bool Harmful(double first, double other, Tolerances rules)
    {
        if (rules.Threshold is not { } at || first >= at == other >= at)
        {
            return false;
        }

        return rules.Harm switch
        {
            HarmfulFlip.Up => other >= at,
            HarmfulFlip.Down => first >= at,
            _ => true,
        };
    }
}
