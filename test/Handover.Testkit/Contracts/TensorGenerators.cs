using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Testkit.Contracts;

/// <summary>Generators of tensor declarations and of documents that a declaration allows.</summary>
public static class TensorGenerators
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    /// <summary>Any datatype.</summary>
    public static Gen<string> Datatype { get; } = Of<string>([.. Datatypes.All]);

    /// <summary>Small shapes, some sizes free.</summary>
    public static Gen<long[]> Shape { get; } = Of<long>(-1, 1, 2, 3).Array[0, 3];

    /// <summary>Any declaration of the tensor <c>x</c>.</summary>
    public static Gen<TensorSpec> Spec { get; } =
        Gen.Select(
                Datatype,
                Shape,
                Of<string?>(null, "USD", "EUR"),
                Of<string?>(null, "p/1.0", "p/1.2", "q/1.0"),
                Gen.Int[0, 5]
            )
            .SelectMany(
                (datatype, shape, unit, semantics, range) =>
                    Gen.Select(Gen.Int[-20, 300], Gen.Int[0, 400])
                        .Select(
                            (low, width) =>
                            {
                                ValueRange? bounds =
                                    range == 0 || datatype == "BYTES" ? null : Possible(datatype, low, low + width);
                                return new TensorSpec("x", datatype, shape)
                                {
                                    Unit = unit,
                                    Semantics = semantics,
                                    Range = bounds,
                                    Labels = datatype == "BYTES" ? Some(range, width) : null,
                                };
                            }
                        )
            );

    /// <summary>Two declarations, often close to each other, so that every outcome is common.</summary>
    public static Gen<(TensorSpec Writes, TensorSpec Reads)> Pair { get; } =
        Gen.Select(Spec, Spec, Gen.Int[0, 31])
            .Select(
                (a, b, keep) =>
                {
                    string datatype = (keep & 1) == 0 ? a.Datatype : b.Datatype;
                    var reads = new TensorSpec("x", datatype, (keep & 2) == 0 ? a.Shape : b.Shape)
                    {
                        Unit = (keep & 4) == 0 ? a.Unit : b.Unit,
                        Semantics = (keep & 8) == 0 ? a.Semantics : b.Semantics,
                        Range = (keep & 16) == 0 ? a.Range : b.Range,
                        Labels =
                            datatype != "BYTES" ? null
                            : (keep & 16) == 0 ? a.Labels
                            : b.Labels,
                    };
                    return (a, reads);
                }
            );

    /// <summary>Two declarations, and documents that the first allows.</summary>
    public static Gen<(TensorSpec Writes, TensorSpec Reads, TypedTensor[] Documents)> PairWithDocuments { get; } =
        Pair.SelectMany(pair =>
            Document(pair.Writes).Array[5].Select(documents => (pair.Writes, pair.Reads, documents))
        );

    /// <summary>A document that the declaration allows; free sizes are 1 to 3.</summary>
    public static Gen<TypedTensor> Document(TensorSpec spec) =>
        Gen.Long[1, 3]
            .Array[spec.Shape.Count]
            .SelectMany(free =>
            {
                long[] shape = [.. spec.Shape.Select((size, i) => size < 0 ? free[i] : size)];
                int count = (int)shape.Aggregate(1L, (product, size) => product * size);
                return spec.Datatype == "BYTES"
                    ? Text(spec)
                        .Array[count]
                        .Select(texts => new TypedTensor("x", spec.Datatype, shape) { Texts = texts })
                    : Value(spec)
                        .Array[count]
                        .Select(numbers => new TypedTensor("x", spec.Datatype, shape) { Numbers = numbers });
            });

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    // None, or some of four, by the bits of a number that is drawn anyway.
    private static HashSet<string>? Some(int none, int bits) =>
        none == 0 ? null : [.. Names.Where((_, i) => i == bits % 4 || (bits & (1 << i)) != 0)];

    private static Gen<string> Text(TensorSpec spec) =>
        spec.Labels is { } labels ? Of<string>([.. labels]) : Gen.String;

    private static Gen<double> Value(TensorSpec spec)
    {
        (double low, double high) = Datatypes.Bounds(spec.Datatype) ?? (-60_000, 60_000);
        double min = Math.Max(low, spec.Range?.Min ?? low);
        double max = Math.Min(high, spec.Range?.Max ?? high);
        bool whole = Datatypes.Bounds(spec.Datatype) is not null;
        return Gen.Double[0, 1]
            .Select(u => whole ? Math.Round(min + (u * (max - min))) : Math.Clamp(min + (u * (max - min)), min, max));
    }

    // A range of which the datatype has a value, as a person would write it.
    private static ValueRange Possible(string datatype, double low, double high)
    {
        (double min, double max) = Datatypes.Bounds(datatype) ?? (double.MinValue, double.MaxValue);
        return new ValueRange(Math.Clamp(low, min, max), Math.Clamp(high, min, max));
    }
}
