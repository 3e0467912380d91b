namespace Handover.Core.Catalog;

/// <summary>
/// How a release's answers are rewritten before anybody sees them, so that consumers of the old format can read a
/// release with a new one. It belongs to the release and moves with it.
/// </summary>
public abstract record OutputAdapter
{
    private OutputAdapter() { }

    /// <summary>A JMESPath expression over the JSON of the answer.</summary>
    /// <param name="JmesPath">The expression.</param>
    /// <param name="Emits">
    /// What comes out of it: a query says nothing about types, so it is declared, and every live answer is checked
    /// against it.
    /// </param>
    public sealed record Query(string JmesPath, Signature Emits) : OutputAdapter;

    /// <summary>Changes of single tensors of an Open Inference answer.</summary>
    /// <param name="Steps">At most one per tensor; tensors without one stay as they are.</param>
    public sealed record Tensors(IReadOnlyList<TensorStep> Steps) : OutputAdapter;
}

/// <summary>What becomes of one tensor; in this order: cast to the wider side, scale, reorder, cast, rename.</summary>
/// <param name="Tensor">Name of the tensor as the release answers it.</param>
public sealed record TensorStep(string Tensor)
{
    /// <summary>New name; null keeps the name.</summary>
    public string? Rename { get; init; }

    /// <summary>New datatype; null keeps it.</summary>
    public string? Cast { get; init; }

    /// <summary>Factor of every value, not zero; null leaves values as they are.</summary>
    public double? Scale { get; init; }

    /// <summary>
    /// For each place along the last dimension, the place that its value comes from (from 0); null keeps the order.
    /// </summary>
    public IReadOnlyList<int>? Reorder { get; init; }

    /// <summary>Unit of the result; needed where a tensor with a unit is scaled.</summary>
    public string? Unit { get; init; }

    /// <summary>Meaning of the result; null keeps what the release declares.</summary>
    public string? Semantics { get; init; }

    /// <summary>
    /// Id of the distribution that the result is expected to have; null keeps what the release declares, or nothing
    /// where the values are scaled.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>Whether the tensor is left out.</summary>
    public bool Drop { get; init; }
}
