using System.Buffers;
using System.Text.Unicode;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares two JSON documents in step, over their bytes: the same members, other values. That is what two releases
/// answer to one request nearly always, and comparing it needs no tree and, where the order of members is the same too,
/// no memory. Whatever is not so simple is not judged here but left to <see cref="JsonComparison"/>, which means the same and takes longer.
/// </summary>
public static class JsonStepComparison
{
    /// <summary>Longer documents are rare, and a tree of them costs little beside reading them.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>
    /// The difference; null when it must be found another way: other members, a value of another type, an escape, other
    /// items of a list that is one thing, something that is no JSON, or more than the bounds of the walk.
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

        return Walk(stable, candidate, rules) ?? InAnotherOrder(stable, candidate, rules);
    }

    private static Difference? InAnotherOrder(ReadOnlySpan<byte> stable, ReadOnlySpan<byte> candidate, Tolerances rules)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1, candidate.Length));
        try
        {
            int length = JsonOrder.Write(stable, candidate, buffer.AsSpan(0, candidate.Length));
            return length < 0 ? null : Walk(stable, buffer.AsSpan(0, length), rules);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Difference? Walk(ReadOnlySpan<byte> stable, ReadOnlySpan<byte> candidate, Tolerances rules)
    {
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
