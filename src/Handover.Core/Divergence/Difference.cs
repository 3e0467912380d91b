namespace Handover.Core.Divergence;

/// <summary>
/// How two answers to one request differ. <see cref="Differs"/> feeds the paired counts; <see cref="Severity"/> the
/// means. A difference informs and never gates alone: a better model differs from the old one by nature.
/// </summary>
/// <param name="Differs">Whether anything differs beyond its tolerance.</param>
/// <param name="Severity">The largest severity of any path, in [0, 1].</param>
/// <param name="Paths">What differs, the worst first, at most <see cref="Tolerances.MostPaths"/>.</param>
public sealed record Difference(bool Differs, double Severity, IReadOnlyList<PathDifference> Paths)
{
    /// <summary>Nothing differs.</summary>
    public static Difference None { get; } = new(false, 0, []);

    /// <summary>Paths that differ but were left out of <see cref="Paths"/>.</summary>
    public int PathsLeftOut { get; init; }
}

/// <summary>One place in which two answers differ.</summary>
/// <param name="Path">Output name, or folded JSON pointer such as <c>/items/*/score</c>.</param>
/// <param name="Kind">How.</param>
/// <param name="Severity">In [0, 1].</param>
/// <param name="Detail">One line for people.</param>
public sealed record PathDifference(string Path, DifferenceKind Kind, double Severity, string Detail)
{
    /// <summary>Values of this path that differ, when it stands for several.</summary>
    public int Count { get; init; } = 1;
}

/// <summary>How two answers differ.</summary>
public enum DifferenceKind
{
    /// <summary>The same kind of value, another value.</summary>
    Value,

    /// <summary>Only stable has it.</summary>
    Missing,

    /// <summary>Only the candidate has it.</summary>
    Extra,

    /// <summary>Another datatype or kind of leaf: a break of contract.</summary>
    Type,

    /// <summary>Another shape: a break of contract.</summary>
    Shape,

    /// <summary>Only the candidate failed.</summary>
    CandidateFailed,

    /// <summary>Only stable failed.</summary>
    StableFailed,
}
