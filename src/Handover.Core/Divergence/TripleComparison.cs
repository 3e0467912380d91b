using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares three answers to one request: stable's, stable's second one, and the candidate's. Both others are held
/// against the first, which is what makes them exchangeable when the candidate behaves like stable
/// (<see cref="Evidence.NoisyPaths"/>).
/// </summary>
public static class TripleComparison
{
    /// <summary>The path under which failures, as opposed to answers, are told.</summary>
    public const string Outcome = "(outcome)";

    /// <summary>Most paths of one request.</summary>
    public const int MostPaths = 2_000;

    /// <summary>
    /// Every path that was compared, also those where nothing differs: how many there are decides what may be called a
    /// discovery. In order of name.
    /// </summary>
    /// <param name="first">What was served.</param>
    /// <param name="second">What stable answered when it was asked again.</param>
    /// <param name="candidate">What the candidate answered.</param>
    /// <param name="tolerances">What counts as the same; null for <see cref="Tolerances.Default"/>.</param>
    public static IReadOnlyList<TriplePath> Compare(
        Result<TypedAnswer> first,
        Result<TypedAnswer> second,
        Result<TypedAnswer> candidate,
        Tolerances? tolerances = null
    )
    {
        Tolerances rules = tolerances ?? Tolerances.Default;
        var paths = new SortedDictionary<string, (bool Second, bool Candidate)>(StringComparer.Ordinal)
        {
            [Outcome] = default,
        };
        Name(paths, first, rules);
        Name(paths, candidate, rules);
        if (!ReferenceEquals(first, second))
        {
            Name(paths, second, rules);
            foreach (PathDifference path in AnswerComparison.Compare(first, second, rules).Paths)
            {
                string name = NameOf(path);
                paths[name] = (true, paths.GetValueOrDefault(name).Candidate);
            }
        }

        foreach (PathDifference path in AnswerComparison.Compare(first, candidate, rules).Paths)
        {
            string name = NameOf(path);
            paths[name] = (paths.GetValueOrDefault(name).Second, true);
        }

        return [.. paths.Select(p => new TriplePath(p.Key, p.Value.Second, p.Value.Candidate))];
    }

    private static string NameOf(PathDifference path) =>
        path.Kind is DifferenceKind.CandidateFailed or DifferenceKind.StableFailed ? Outcome : path.Path;

    private static void Name(
        SortedDictionary<string, (bool Second, bool Candidate)> paths,
        Result<TypedAnswer> answer,
        Tolerances rules
    )
    {
        if (!answer.Ok)
        {
            return;
        }

        foreach (TypedTensor tensor in answer.Value.Tensors)
        {
            Add(tensor.Name);
        }

        foreach (JsonLeaf leaf in answer.Value.Leaves)
        {
            Add(JsonArrays.PathOf(JsonComparison.Fold(leaf.Path), rules));
        }

        void Add(string path)
        {
            if (paths.Count < MostPaths && rules.KindOf(path) != OutputKind.Ignored)
            {
                paths.TryAdd(path, default);
            }
        }
    }
}

/// <summary>What became of one path of a triple.</summary>
/// <param name="Path">Output name, or folded JSON pointer.</param>
/// <param name="SecondDiffers">Whether stable's second answer differs from its first.</param>
/// <param name="CandidateDiffers">Whether the candidate's answer differs from stable's first.</param>
public readonly record struct TriplePath(string Path, bool SecondDiffers, bool CandidateDiffers);
