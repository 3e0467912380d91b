using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Builds concrete tensors that a writer may emit and that are likely to be refused by a reader, so that a broken
/// contract can be shown instead of claimed.
/// </summary>
internal static class TensorWitness
{
    /// <summary>A free size is tried with these; one of them differs from any one size that a reader needs.</summary>
    private static readonly long[] FreeSizes = [1, 2];

    /// <summary>Tensors worth trying, at most 24. None for shapes with too many values to show.</summary>
    public static IEnumerable<TypedTensor> Candidates(TensorSpec writes, TensorSpec reads)
    {
        foreach (long free in FreeSizes)
        {
            long[] shape = [.. writes.Shape.Select(size => size < 0 ? free : size)];
            double count = shape.Aggregate(1.0, (product, size) => product * size);
            if (count > 4_096)
            {
                continue;
            }

            if (string.Equals(writes.Datatype, "BYTES", StringComparison.Ordinal))
            {
                yield return new TypedTensor(writes.Name, writes.Datatype, shape)
                {
                    Texts = [.. Enumerable.Repeat(Label(writes, reads), (int)count)],
                };
                continue;
            }

            foreach (double value in Values(writes, reads))
            {
                yield return new TypedTensor(writes.Name, writes.Datatype, shape)
                {
                    Numbers = [.. Enumerable.Repeat(value, (int)count)],
                };
            }
        }
    }

    // One that the reader does not know where there is one.
    private static string Label(TensorSpec writes, TensorSpec reads) =>
        writes.Labels is { } labels
            ? labels.FirstOrDefault(l => reads.Labels?.Contains(l) == false) ?? labels.First()
            : "text";

    private static IEnumerable<double> Values(TensorSpec writes, TensorSpec reads)
    {
        // A float that declares no range may still be any of these, whatever its width.
        (double Min, double Max)? whole = Datatypes.Bounds(writes.Datatype);
        double min = Math.Max(
            writes.Range?.Min ?? double.MinValue,
            whole?.Min ?? (writes.Range is null ? -1e4 : double.MinValue)
        );
        double max = Math.Min(
            writes.Range?.Max ?? double.MaxValue,
            whole?.Max ?? (writes.Range is null ? 1e4 : double.MaxValue)
        );
        double[] tries = [min, max, reads.Range?.Min ?? min, reads.Range?.Max ?? max, 0, 1];
        return tries
            .Select(v => whole is not null ? Math.Round(Math.Clamp(v, min, max)) : Math.Clamp(v, min, max))
            .Distinct();
    }
}
