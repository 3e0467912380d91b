namespace Handover.Core.Payloads;

/// <summary>
/// What a member answered, freed from how it was written: named tensors for models, leaves by path for plain JSON. All
/// comparing and checking works on this, so that a new protocol needs a reader and nothing else.
/// </summary>
/// <param name="Tensors">In the order of the answer; names are unique.</param>
public sealed record TypedAnswer(IReadOnlyList<TypedTensor> Tensors)
{
    /// <summary>The id that the server echoed; null when there is none.</summary>
    public string? Id { get; init; }

    /// <summary>What the server says that it runs; null when it says nothing.</summary>
    public string? Model { get; init; }

    /// <summary>Leaves of a plain JSON document in document order; empty for other protocols.</summary>
    public IReadOnlyList<JsonLeaf> Leaves { get; init; } = [];

    /// <summary>
    /// The tensor of this name; null when there is none. An answer with one single unnamed tensor (TensorFlow Serving
    /// leaves the name out when a model has one output) matches every name.
    /// </summary>
    public TypedTensor? Find(string name)
    {
        foreach (TypedTensor tensor in Tensors)
        {
            if (string.Equals(tensor.Name, name, StringComparison.Ordinal))
            {
                return tensor;
            }
        }

        return Tensors is [{ Name.Length: 0 } only] ? only : null;
    }
}

/// <summary>What a caller sent, freed from how it was written.</summary>
/// <param name="Tensors">In the order of the request; names are unique.</param>
public sealed record TypedRequest(IReadOnlyList<TypedTensor> Tensors)
{
    /// <summary>The id that the caller gave; null when there is none.</summary>
    public string? Id { get; init; }
}
