namespace Handover.Core.Catalog;

/// <summary>What a release accepts or answers, or what a consumer accepts: a set of named tensors.</summary>
/// <param name="Tensors">In declared order; names are unique.</param>
public sealed record Signature(IReadOnlyList<TensorSpec> Tensors);

/// <summary>One named tensor of a signature.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Datatype">Open Inference name: BOOL, UINT8..64, INT8..64, FP16, BF16, FP32, FP64, BYTES.</param>
/// <param name="Shape">Sizes by dimension; -1 is any.</param>
public sealed record TensorSpec(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    /// <summary>Unit as a UCUM or ISO 4217 code, e.g. <c>USD</c>, <c>ms</c>; null when not declared.</summary>
    public string? Unit { get; init; }

    /// <summary>Smallest and largest value, both included; null when unbounded.</summary>
    public ValueRange? Range { get; init; }

    /// <summary>Meaning and version, e.g. <c>price/2.0</c>; null when not declared.</summary>
    public string? Semantics { get; init; }

    /// <summary>Id of the distribution that a release's values are expected to have; null when not declared.</summary>
    public string? Reference { get; init; }

    /// <summary>Whether a consumer can do without it. Releases always emit what they declare.</summary>
    public bool Optional { get; init; }
}

/// <summary>A closed interval.</summary>
/// <param name="Min">Smallest value, included.</param>
/// <param name="Max">Largest value, included; not below <paramref name="Min"/>.</param>
public sealed record ValueRange(double Min, double Max);
