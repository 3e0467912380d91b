using Handover.Core.Catalog;

namespace Handover.Core.Divergence;

/// <summary>
/// What a plan says about comparing the answers at one path and below it; what is null stays as it is above the path.
/// </summary>
/// <param name="Path">Name of an output, or a JSON pointer with <c>*</c> for the items of a list.</param>
public sealed record PathTolerance(string Path)
{
    /// <summary>What the value is; null: what the path above it is, else what the release declares.</summary>
    public OutputKind? As { get; init; }

    /// <summary>Absolute part of the tolerance of numbers, in the output's unit; not negative.</summary>
    public double? Absolute { get; init; }

    /// <summary>Relative part of the tolerance of numbers, of the larger magnitude; 0 to 1.</summary>
    public double? Relative { get; init; }

    /// <summary>Units in the last place up to which numbers are the same; not negative.</summary>
    public long? Ulps { get; init; }

    /// <summary>Total variation up to which probability vectors are the same; 0 to 1.</summary>
    public double? Variation { get; init; }

    /// <summary>
    /// Where a number decides something, such as a score from which a payment is stopped: two values on different sides
    /// of it are never the same, however close. Of probabilities: where the most probable class is sure enough.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>Which way across the threshold does harm; null: what the path above it says, else either.</summary>
    public HarmfulFlip? Harm { get; init; }

    /// <summary>
    /// How alike texts (token F1), rankings (rank-biased overlap), boxes (overlap), vectors of one space (cosine) or of
    /// two (neighbour overlap) must be to be the same; 0 to 1.
    /// </summary>
    public double? Likeness { get; init; }
}
