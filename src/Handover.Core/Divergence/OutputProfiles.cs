using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// The profiles of all outputs over many pairs, and which of the plan's paths no answer ever had. Bounded by the number
/// of outputs; the values of one output are bounded by the pairs that somebody hands over.
/// </summary>
/// <param name="rules">What the outputs are.</param>
/// <param name="named">Paths that the plan names.</param>
public sealed class OutputProfiles(Tolerances rules, IEnumerable<string> named)
{
    /// <summary>Outputs that are told at most, in the order in which they are met.</summary>
    public const int MostOutputs = 50;

    // More different labels than these are names or free text, and no table of them says anything.
    private const int MostLabels = 100;

    private readonly Dictionary<string, OutputProfile> _profiles = new(StringComparer.Ordinal);
    private readonly List<OutputProfile> _order = [];
    private readonly HashSet<string> _unseen = [.. named];

    /// <summary>The profiles, in the order in which their outputs were met.</summary>
    public IReadOnlyList<OutputProfile> All => [.. _order.Where(p => p.DifferentLabels <= MostLabels)];

    /// <summary>
    /// Paths that the plan names and no answer had, sorted: nothing was compared by what it says there.
    /// </summary>
    public IReadOnlyList<string> Unseen => [.. _unseen.Order(StringComparer.Ordinal)];

    /// <summary>Takes a pair of answers.</summary>
    public void Add(TypedAnswer stable, TypedAnswer candidate)
    {
        See(stable);
        See(candidate);
        foreach (TypedTensor before in stable.Tensors)
        {
            if (candidate.Find(before.Name) is { } after && before.Datatype == after.Datatype)
            {
                Tensor(before, after);
            }
        }

        IReadOnlyList<JsonLeaf> left = stable.Leaves;
        IReadOnlyList<JsonLeaf> right = candidate.Leaves;
        if (JsonArrays.Named(rules))
        {
            var lists = new List<(TypedTensor Before, TypedTensor After)>();
            (left, right) = JsonArrays.Take(left, right, rules, lists);
            lists.ForEach(l => Tensor(l.Before, l.After));
        }

        Leaves(left, right);
    }

    private void Leaves(IReadOnlyList<JsonLeaf> stable, IReadOnlyList<JsonLeaf> candidate)
    {
        var after = new Dictionary<string, JsonLeaf>(candidate.Count, StringComparer.Ordinal);
        foreach (JsonLeaf leaf in candidate)
        {
            after[leaf.Path] = leaf;
        }

        foreach (JsonLeaf before in stable)
        {
            if (!after.TryGetValue(before.Path, out JsonLeaf now) || now.Kind != before.Kind)
            {
                continue;
            }

            string path = JsonComparison.Fold(before.Path);
            OutputKind kind = rules.KindOf(path);
            bool words = before.Kind is JsonLeafKind.String or JsonLeafKind.Boolean;
            if (kind == OutputKind.Text && words)
            {
                Of(path, kind)?.Text(before.Text, now.Text);
            }
            else if (kind == OutputKind.Label || (kind == OutputKind.Auto && words))
            {
                Of(path, OutputKind.Label)?.Label(before.Text, now.Text);
            }
            else if (before.Kind == JsonLeafKind.Number && rules.For(path).Threshold is not null)
            {
                Of(path, OutputKind.Number)?.Number(before.Number, now.Number);
            }
        }
    }

    private void Tensor(TypedTensor before, TypedTensor after)
    {
        string name = before.Name;
        OutputKind kind = rules.KindOf(name);
        bool number = !before.IsText && (kind == OutputKind.Number || Datatypes.IsFloat(before.Datatype));
        if (kind == OutputKind.Ranking)
        {
            Of(name, kind)?.Ranking(Words(before), Words(after));
        }
        else if (!before.Shape.SequenceEqual(after.Shape) || kind is OutputKind.Ignored)
        {
            return;
        }
        else if (kind == OutputKind.Probabilities && !before.IsText)
        {
            Rows(Of(name, kind), before, after);
        }
        else if (kind == OutputKind.Text && before.IsText)
        {
            Each(i => Of(name, kind)?.Text(before.Texts[i], after.Texts[i]));
        }
        else if (number && rules.For(name).Threshold is not null && kind is OutputKind.Auto or OutputKind.Number)
        {
            Each(i => Of(name, OutputKind.Number)?.Number(before.Numbers[i], after.Numbers[i]));
        }
        else if (kind == OutputKind.Label || (kind == OutputKind.Auto && !number))
        {
            string[] left = Words(before);
            string[] right = Words(after);
            Each(i => Of(name, OutputKind.Label)?.Label(left[i], right[i]));
        }

        void Each(Action<int> take)
        {
            for (int i = 0; i < before.Count; i++)
            {
                take(i);
            }
        }
    }

    private static void Rows(OutputProfile? into, TypedTensor before, TypedTensor after)
    {
        double[] p = [.. before.Numbers];
        double[] q = [.. after.Numbers];
        int width = before.Shape.Count == 0 ? p.Length : (int)before.Shape[^1];
        for (int at = 0; width > 0 && at + width <= p.Length; at += width)
        {
            into?.Probabilities(p.AsSpan(at, width), q.AsSpan(at, width));
        }
    }

    private static string[] Words(TypedTensor tensor) =>
        tensor.Texts.Count > 0
            ? [.. tensor.Texts]
            : [.. tensor.Numbers.Select(n => n.ToString("R", CultureInfo.InvariantCulture))];

    private OutputProfile? Of(string path, OutputKind kind)
    {
        if (!_profiles.TryGetValue(path, out OutputProfile? known))
        {
            if (_profiles.Count >= MostOutputs)
            {
                return null;
            }

            _profiles[path] = known = new OutputProfile(path, kind, rules.For(path).Threshold);
            _order.Add(known);
        }

        return known.Kind == kind ? known : null;
    }

    private void See(TypedAnswer answer)
    {
        if (_unseen.Count == 0)
        {
            return;
        }

        foreach (
            string path in answer
                .Tensors.Select(t => t.Name)
                .Concat(answer.Leaves.Select(l => JsonComparison.Fold(l.Path)))
        )
        {
            for (string at = path; at.Length > 0; at = at[..Math.Max(0, at.LastIndexOf('/'))])
            {
                _unseen.Remove(at);
            }
        }
    }
}
