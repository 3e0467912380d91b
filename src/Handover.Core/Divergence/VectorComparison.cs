using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// Compares outputs whose rows are vectors: boxes, whose number may differ between two answers, and embeddings, whose
/// width may differ between two spaces.
/// </summary>
internal static class VectorComparison
{
    public static PathDifference? Compare(OutputKind kind, TypedTensor before, TypedTensor after, Tolerances rules) =>
        kind == OutputKind.Boxes ? Boxes(before, after, rules) : Embeddings(before, after, rules);

    private static PathDifference? Boxes(TypedTensor before, TypedTensor after, Tolerances rules)
    {
        if (Width(before) is not (0 or 4) || Width(after) is not (0 or 4))
        {
            return Shape(before, after, "boxes have four numbers");
        }

        double likeness = BoxComparison.Likeness([.. before.Numbers], [.. after.Numbers]);
        return likeness >= rules.BoxOverlap
            ? null
            : new PathDifference(
                before.Name,
                DifferenceKind.Value,
                1 - likeness,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{before.Count / 4} boxes became {after.Count / 4}, which overlap by {likeness:0.###}"
                )
            );
    }

    private static PathDifference? Embeddings(TypedTensor before, TypedTensor after, Tolerances rules)
    {
        int left = Width(before);
        int right = Width(after);
        int n = left == 0 ? 0 : before.Count / left;
        if (n != (right == 0 ? 0 : after.Count / right) || (rules.SameSpace && left != right))
        {
            return Shape(before, after, "vectors of one space have one length, and each thing has one");
        }

        double[] a = [.. before.Numbers];
        double[] b = [.. after.Numbers];
        (double likeness, double least, string what) = rules.SameSpace
            ? (Worst(a, b, n, left), rules.Cosine, "least cosine")
            : (EmbeddingComparison.NeighbourOverlap(a, b, n), rules.NeighbourOverlap, "overlap of neighbours");

        // One vector or two of different spaces say nothing about each other; a value that is not finite does.
        bool unknown = double.IsNaN(likeness) && !rules.SameSpace && n < 3;
        return n == 0 || unknown || likeness >= least
            ? null
            : new PathDifference(
                before.Name,
                DifferenceKind.Value,
                double.IsNaN(likeness) ? 1 : Math.Clamp(1 - likeness, 0, 1),
                string.Create(CultureInfo.InvariantCulture, $"{what} {likeness:0.####}")
            );
    }

    private static double Worst(double[] a, double[] b, int n, int width)
    {
        double worst = 1;
        for (int i = 0; i < n; i++)
        {
            double one = EmbeddingComparison.Cosine(a.AsSpan(i * width, width), b.AsSpan(i * width, width));

            // Math.Min keeps NaN, which is no likeness at all.
            worst = Math.Min(worst, one);
        }

        return worst;
    }

    private static int Width(TypedTensor tensor) =>
        tensor.Count == 0 ? 0
        : tensor.Shape.Count == 0 ? tensor.Count
        : (int)tensor.Shape[^1];

    private static PathDifference Shape(TypedTensor before, TypedTensor after, string why) =>
        new(
            before.Name,
            DifferenceKind.Shape,
            1,
            $"[{string.Join(", ", before.Shape)}] became [{string.Join(", ", after.Shape)}]: {why}"
        );
}
