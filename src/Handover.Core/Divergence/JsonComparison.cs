using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares plain JSON leaf by leaf. Items of a list are told apart by index when matched and folded to <c>*</c> when
/// reported, so that a list of a thousand items is one path with a count.
/// </summary>
public static class JsonComparison
{
    /// <summary>The folded paths that differ, in document order of stable, then what only the candidate has.</summary>
    public static IReadOnlyList<PathDifference> Compare(
        IReadOnlyList<JsonLeaf> stable,
        IReadOnlyList<JsonLeaf> candidate,
        Tolerances rules
    )
    {
        if (stable.Count == 0 && candidate.Count == 0)
        {
            return [];
        }

        var after = new Dictionary<string, JsonLeaf>(candidate.Count, StringComparer.Ordinal);
        foreach (JsonLeaf leaf in candidate)
        {
            after[leaf.Path] = leaf;
        }

        var found = new Dictionary<(string, DifferenceKind), PathDifference>();
        foreach (JsonLeaf before in stable)
        {
            bool both = after.Remove(before.Path, out JsonLeaf now);
            string folded = Fold(before.Path);
            if (rules.KindOf(folded) == OutputKind.Ignored)
            {
                continue;
            }

            if (!both)
            {
                Add(found, folded, DifferenceKind.Missing, 1, $"the candidate does not have it (stable {before.Text})");
            }
            else if (before.Kind != now.Kind)
            {
                Add(found, folded, DifferenceKind.Type, 1, $"{before.Kind} {before.Text} became {now.Kind} {now.Text}");
            }
            else if (Severity(folded, before, now, rules) is { } severity)
            {
                Add(found, folded, DifferenceKind.Value, severity, $"{before.Text} became {now.Text}");
            }
        }

        foreach (JsonLeaf extra in candidate.Where(c => after.ContainsKey(c.Path)))
        {
            string folded = Fold(extra.Path);
            if (rules.KindOf(folded) == OutputKind.Ignored)
            {
                continue;
            }

            Add(found, folded, DifferenceKind.Extra, 1, $"stable does not have it (candidate {extra.Text})");
        }

        return [.. found.Values];
    }

    /// <summary>The pointer with every list index replaced by <c>*</c>.</summary>
    public static string Fold(string pointer)
    {
        var result = new StringBuilder(pointer.Length);
        foreach (string part in pointer.Split('/').Skip(1))
        {
            bool index = part.Length > 0 && part.All(char.IsAsciiDigit);
            result.Append('/').Append(index ? "*" : part);
        }

        return result.ToString();
    }

    /// <summary>A detail in one line that a person can read.</summary>
    internal static string Short(string detail) => detail.Length <= 200 ? detail : $"{detail[..200]}...";

    private static double? Severity(string path, JsonLeaf before, JsonLeaf now, Tolerances all)
    {
        OutputKind kind = all.KindOf(path);
        Tolerances rules = all.For(path);
        if (before.Kind == JsonLeafKind.Number && kind == OutputKind.Label)
        {
            bool sameText = string.Equals(before.Text, now.Text, StringComparison.Ordinal);
            return NumberComparison.SameLabel(before.Number, now.Number, sameText) ? null : 1;
        }

        if (before.Kind == JsonLeafKind.Number)
        {
            return NumberComparison.Same(before.Number, now.Number, rules)
                ? null
                : NumberComparison.Severity(before.Number, now.Number);
        }

        if (string.Equals(before.Text, now.Text, StringComparison.Ordinal))
        {
            return null;
        }

        if (kind == OutputKind.Text)
        {
            double likeness = TextComparison.TokenF1(before.Text, now.Text);
            return likeness >= rules.TextF1 ? null : 1 - likeness;
        }

        return 1;
    }

    private static void Add(
        Dictionary<(string, DifferenceKind), PathDifference> found,
        string folded,
        DifferenceKind kind,
        double severity,
        string detail
    )
    {
        string text = Short(detail);
        found[(folded, kind)] = found.TryGetValue((folded, kind), out PathDifference? known)
            ? known with
            {
                Count = known.Count + 1,
                Severity = Math.Max(known.Severity, severity),
            }
            : new PathDifference(folded, kind, severity, text);
    }
}
