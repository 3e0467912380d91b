// Why: shapes and names of a model are asked for on every request, so they are read once out of the session and kept
// flat.
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Handover.Runtimes.Onnx;

/// <summary>One input or output of a loaded model.</summary>
/// <param name="Name">Name on the wire.</param>
/// <param name="Datatype">Open Inference datatype.</param>
/// <param name="ElementType">The same in ONNX's words.</param>
/// <param name="Shape">Sizes by dimension; -1 is any.</param>
/// <param name="Symbols">Names of the free dimensions, empty where a dimension has none; one name is one size.</param>
public sealed record ModelTensor(
    string Name,
    string Datatype,
    TensorElementType ElementType,
    IReadOnlyList<long> Shape,
    IReadOnlyList<string> Symbols
);
