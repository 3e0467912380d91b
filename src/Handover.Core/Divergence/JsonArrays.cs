using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// Lists of plain JSON that are one thing and not many: rankings, probabilities, boxes, vectors. Only the plan can say
/// which they are, so a list is taken as a tensor where it names the list's own path; whatever is not a regular list of
/// numbers or of texts there is compared leaf by leaf, as everything else.
/// </summary>
internal static class JsonArrays
{
    /// <summary>Whether anything in plain JSON is to be compared as a whole list.</summary>
    public static bool Named(Tolerances rules) =>
        rules.Kinds.Count > 0 && rules.Kinds.Any(k => IsList(k.Value) && k.Key.StartsWith('/'));

    /// <summary>
    /// Whether lists of boxes or of vectors are named. What is no box, or has no direction, differs from itself, so
    /// that equal bytes say nothing of them.
    /// </summary>
    public static bool NamedVectors(Tolerances rules) =>
        rules.Kinds.Count > 0
        && rules.Kinds.Any(k => k.Value is OutputKind.Boxes or OutputKind.Embedding && k.Key.StartsWith('/'));

    /// <summary>The path under which a leaf is told: its list's where the plan takes the list as one thing.</summary>
    /// <param name="folded">Folded pointer of the leaf.</param>
    /// <param name="rules">What the plan says.</param>
    public static string PathOf(string folded, Tolerances rules) => NameOf(folded, rules) ?? folded;

    /// <summary>
    /// Takes the lists out that both answers have: what is left of both is compared leaf by leaf.
    /// </summary>
    public static (IReadOnlyList<JsonLeaf> Stable, IReadOnlyList<JsonLeaf> Candidate) Take(
        IReadOnlyList<JsonLeaf> stable,
        IReadOnlyList<JsonLeaf> candidate,
        Tolerances rules,
        List<(TypedTensor Before, TypedTensor After)> lists
    )
    {
        Dictionary<string, List<JsonLeaf>> before = Gather(stable, rules);
        Dictionary<string, List<JsonLeaf>> after = Gather(candidate, rules);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach ((string at, List<JsonLeaf> leaves) in before)
        {
            if (
                after.TryGetValue(at, out List<JsonLeaf>? others)
                && Tensor(at, leaves) is { } a
                && Tensor(at, others) is { } b
            )
            {
                // An empty list is a list of whatever the other one is of.
                lists.Add((a.Count == 0 ? Empty(a, b) : a, b.Count == 0 ? Empty(b, a) : b));
                taken.UnionWith(leaves.Concat(others).Select(l => l.Path));
            }
        }

        return taken.Count == 0
            ? (stable, candidate)
            : ([.. stable.Where(l => !taken.Contains(l.Path))], [.. candidate.Where(l => !taken.Contains(l.Path))]);
    }

    /// <summary>Whether a list of this kind is one thing.</summary>
    public static bool IsList(OutputKind kind) =>
        kind is OutputKind.Ranking or OutputKind.Probabilities or OutputKind.Boxes or OutputKind.Embedding;

    // The path of the list that the plan names and a leaf lies in.
    private static string? NameOf(string folded, Tolerances rules) =>
        Tolerances.Longest(rules.Kinds, folded) is { } named && IsList(named.Value) ? named.Key : null;

    private static Dictionary<string, List<JsonLeaf>> Gather(IReadOnlyList<JsonLeaf> leaves, Tolerances rules)
    {
        var lists = new Dictionary<string, List<JsonLeaf>>(StringComparer.Ordinal);
        foreach (JsonLeaf leaf in leaves)
        {
            if (NameOf(JsonComparison.Fold(leaf.Path), rules) is { } list)
            {
                string at = Prefix(leaf.Path, list.AsSpan().Count('/'));
                if (!lists.TryGetValue(at, out List<JsonLeaf>? own))
                {
                    lists[at] = own = [];
                }

                own.Add(leaf);
            }
        }

        return lists;
    }

    private static string Prefix(string pointer, int parts)
    {
        int end = 0;
        for (int i = 0; i < parts; i++)
        {
            int next = pointer.IndexOf('/', end + 1);
            end = next < 0 ? pointer.Length : next;
        }

        return pointer[..end];
    }

    // The leaves come in the order of the document, so a regular list counts up without a gap.
    private static TypedTensor? Tensor(string at, List<JsonLeaf> leaves)
    {
        string name = JsonComparison.Fold(at);
        if (leaves is [{ Kind: JsonLeafKind.EmptyArray } only] && only.Path == at)
        {
            return new TypedTensor(name, "FP64", [0]);
        }

        JsonLeafKind kind = leaves[0].Kind;
        if (
            kind is not (JsonLeafKind.Number or JsonLeafKind.String)
            || leaves.Exists(l => l.Kind != kind)
            || Shape(at, leaves) is not { } shape
        )
        {
            return null;
        }

        return kind == JsonLeafKind.Number
            ? new TypedTensor(name, "FP64", shape) { Numbers = [.. leaves.Select(l => l.Number)] }
            : new TypedTensor(name, "BYTES", shape) { Texts = [.. leaves.Select(l => l.Text)] };
    }

    private static long[]? Shape(string at, List<JsonLeaf> leaves)
    {
        int[]? last = Indexes(leaves[^1].Path, at);
        if (last is null)
        {
            return null;
        }

        int width = last[^1] + 1;
        for (int i = 0; i < leaves.Count; i++)
        {
            int[] wanted = last.Length == 1 ? [i] : [i / width, i % width];
            if (Indexes(leaves[i].Path, at) is not { } seen || !seen.AsSpan().SequenceEqual(wanted))
            {
                return null;
            }
        }

        return last.Length == 1 ? [leaves.Count] : [leaves.Count / width, width];
    }

    // One index, or the row's and the one within it; null for anything else.
    private static int[]? Indexes(string pointer, string at)
    {
        string[] parts = pointer[at.Length..].Split('/');
        if (parts.Length is not (2 or 3))
        {
            return null;
        }

        var indexes = new int[parts.Length - 1];
        for (int i = 0; i < indexes.Length; i++)
        {
            if (!int.TryParse(parts[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out indexes[i]))
            {
                return null;
            }
        }

        return indexes;
    }

    private static TypedTensor Empty(TypedTensor empty, TypedTensor like) => empty with { Datatype = like.Datatype };
}
