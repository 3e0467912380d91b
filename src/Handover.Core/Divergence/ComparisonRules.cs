using Handover.Core.Catalog;

namespace Handover.Core.Divergence;

/// <summary>
/// How the answers of two releases are compared: by what the protocol is, then by what the releases declare of their
/// outputs, then by what the plan says.
/// </summary>
public static class ComparisonRules
{
    /// <summary>The tolerances of a rollout.</summary>
    /// <param name="protocol">How the service is spoken to; chat answers are texts.</param>
    /// <param name="stable">What stable's consumers get; null when it is not declared.</param>
    /// <param name="candidate">What the candidate's consumers would get; null when it is not declared.</param>
    /// <param name="sameSpace">Whether both releases declare the same space for their vectors.</param>
    /// <param name="plan">What the plan says, path by path.</param>
    public static Tolerances Of(
        WireProtocol protocol,
        Signature? stable,
        Signature? candidate,
        bool sameSpace,
        IReadOnlyList<PathTolerance> plan
    )
    {
        Tolerances usual = protocol == WireProtocol.OpenAi ? Tolerances.OpenAi : Tolerances.Default;
        var kinds = new Dictionary<string, OutputKind>(usual.Kinds, StringComparer.Ordinal);
        foreach (TensorSpec tensor in (candidate?.Tensors ?? []).Concat(stable?.Tensors ?? []))
        {
            // Where the two disagree, what is served decides.
            if (tensor.As != OutputKind.Auto || tensor.Labels is not null)
            {
                kinds[tensor.Name] = tensor.As == OutputKind.Auto ? OutputKind.Label : tensor.As;
            }
        }

        foreach (PathTolerance path in plan)
        {
            // A line without a kind leaves the kind that the path has from above.
            if (path.As is { } kind)
            {
                kinds[path.Path] = kind;
            }
        }

        Tolerances all = usual with { Kinds = kinds, SameSpace = sameSpace };
        return plan.Count == 0 ? all : all with { ByPath = ByPath(all, plan) };
    }

    // What a line does not say stays as it is above it, and a path above is always shorter.
    private static Dictionary<string, Tolerances> ByPath(Tolerances all, IReadOnlyList<PathTolerance> plan)
    {
        var paths = new Dictionary<string, Tolerances>(StringComparer.Ordinal);
        foreach (PathTolerance path in plan.OrderBy(p => p.Path.Length))
        {
            paths[path.Path] = At(Tolerances.Longest(paths, path.Path, all), path);
        }

        return paths;
    }

    private static Tolerances At(Tolerances all, PathTolerance path) =>
        all with
        {
            Absolute = path.Absolute ?? all.Absolute,
            Relative = path.Relative ?? all.Relative,
            Ulps = path.Ulps ?? all.Ulps,
            Threshold = path.Threshold ?? all.Threshold,
            Harm = path.Harm ?? all.Harm,
            TotalVariation = path.Variation ?? all.TotalVariation,
            TextF1 = path.Likeness ?? all.TextF1,
            RankOverlap = path.Likeness ?? all.RankOverlap,
            BoxOverlap = path.Likeness ?? all.BoxOverlap,
            Cosine = path.Likeness ?? all.Cosine,
            NeighbourOverlap = path.Likeness ?? all.NeighbourOverlap,
        };
}
