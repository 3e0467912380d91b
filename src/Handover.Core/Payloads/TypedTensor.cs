namespace Handover.Core.Payloads;

/// <summary>One named tensor with its values in row-major order, either numbers or texts.</summary>
/// <param name="Name">Name on the wire; empty when the protocol leaves it out.</param>
/// <param name="Datatype">Open Inference name: BOOL, UINT8..64, INT8..64, FP16, BF16, FP32, FP64, BYTES.</param>
/// <param name="Shape">Sizes by dimension, none negative; their product is the number of values.</param>
public sealed record TypedTensor(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    /// <summary>Values of a numeric tensor (booleans are 0 and 1); empty for BYTES.</summary>
    public IReadOnlyList<double> Numbers { get; init; } = [];

    /// <summary>
    /// Values of a BYTES tensor. For a 64-bit integer tensor that has a value of 2^53 or more, the exact decimal
    /// texts beside the rounded <see cref="Numbers"/>; else empty.
    /// </summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>
    /// Whether datatype and shape were guessed from the values, because the protocol does not write them down.
    /// </summary>
    public bool Inferred { get; init; }

    /// <summary>Whether the values are texts.</summary>
    public bool IsText => string.Equals(Datatype, "BYTES", StringComparison.Ordinal);

    /// <summary>Number of values.</summary>
    public int Count => IsText ? Texts.Count : Numbers.Count;
}

/// <summary>One leaf of a JSON document.</summary>
/// <param name="Path">RFC 6901 pointer.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text of a string, else the token as it was written, e.g. <c>1.50</c>, <c>true</c>.</param>
/// <param name="Number">The value of a number; else NaN.</param>
public readonly record struct JsonLeaf(string Path, JsonLeafKind Kind, string Text, double Number);

/// <summary>What a leaf is. Empty containers are leaves too, so that <c>[]</c> and absent stay different.</summary>
public enum JsonLeafKind
{
    /// <summary>null.</summary>
    Null,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A string.</summary>
    String,

    /// <summary>An array without items.</summary>
    EmptyArray,

    /// <summary>An object without members.</summary>
    EmptyObject,
}
