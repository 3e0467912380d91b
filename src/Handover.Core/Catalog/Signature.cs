namespace Handover.Core.Catalog;

/// <summary>
/// What a release accepts or answers, or what a consumer accepts: a set of named tensors, or a document that says it.
/// </summary>
/// <param name="Tensors">In declared order; names are unique. Empty where a document says it.</param>
public sealed record Signature(IReadOnlyList<TensorSpec> Tensors)
{
    /// <summary>The schema or Pact file that says it; null for tensors.</summary>
    public ContractDocument? Document { get; init; }
}

/// <summary>A file that declares a format, taken in whole when it is applied, so that it cannot change later.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="File">Its path inside the configuration directory, for people.</param>
/// <param name="Text">Its content.</param>
public sealed record ContractDocument(ContractDocumentKind Kind, string File, string Text);

/// <summary>How a contract document is written.</summary>
public enum ContractDocumentKind
{
    /// <summary>JSON Schema, draft 2020-12.</summary>
    Schema,

    /// <summary>A Pact file of version 3 or 4.</summary>
    Pact,
}

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

    /// <summary>
    /// The texts that a BYTES tensor may have, compared by ordinal; never empty. Null when any.
    /// </summary>
    public IReadOnlySet<string>? Labels { get; init; }

    /// <summary>Meaning and version, e.g. <c>price/2.0</c>; null when not declared.</summary>
    public string? Semantics { get; init; }

    /// <summary>Id of the distribution that a release's values are expected to have; null when not declared.</summary>
    public string? Reference { get; init; }

    /// <summary>
    /// What it is beyond its datatype, for comparing two releases; by default what the datatype says.
    /// </summary>
    public OutputKind As { get; init; }

    /// <summary>Whether a consumer can do without it. Releases always emit what they declare.</summary>
    public bool Optional { get; init; }
}

/// <summary>A closed interval.</summary>
/// <param name="Min">Smallest value, included.</param>
/// <param name="Max">Largest value, included; not below <paramref name="Min"/>.</param>
public sealed record ValueRange(double Min, double Max);
