using System.Text.Unicode;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares two JSON documents in step, over their bytes: the same members in the same order, other values. That is
/// what two releases answer to one request nearly always, and comparing it needs no tree and no memory. Whatever is not
/// so simple is not judged here but left to <see cref="JsonComparison"/>, which means the same and takes longer.
/// </summary>
public static class JsonStepComparison
{
    /// <summary>Longer documents are rare, and a tree of them costs little beside reading them.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>
    /// The difference; null when it must be found another way: another order of members, a value of another type, an
    /// escape, something that is no JSON, or more than the bounds of the walk.
    /// </summary>
    /// <param name="stable">What was served.</param>
    /// <param name="candidate">What the candidate would have said.</param>
    /// <param name="rules">What counts as the same.</param>
    public static Difference? Compare(ReadOnlySpan<byte> stable, ReadOnlySpan<byte> candidate, Tolerances rules)
    {
        if (stable.Length > MaxBytes || candidate.Length > MaxBytes)
        {
            return null;
        }

        var walk = new JsonStepWalk(
            stable,
            candidate,
            rules,
            stackalloc JsonStepWalk.Name[JsonStepWalk.MostDepth],
            stackalloc JsonStepWalk.Name[JsonStepWalk.MostNames]
        );
        return walk.Run() && Utf8.IsValid(stable) && Utf8.IsValid(candidate) ? walk.Outcome() : null;
    }
}
