// Why: ONNX and the Open Inference Protocol name the same element types differently; this is the only place that knows
// both.
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Handover.Runtimes.Onnx;

/// <summary>Open Inference datatype names of ONNX element types.</summary>
internal static class ElementTypes
{
    /// <summary>The Open Inference name; null for types that have no JSON form (FP16, BF16, complex, 4-bit).</summary>
    public static string? DatatypeOf(TensorElementType type) =>
        type switch
        {
            TensorElementType.Bool => "BOOL",
            TensorElementType.Int8 => "INT8",
            TensorElementType.Int16 => "INT16",
            TensorElementType.Int32 => "INT32",
            TensorElementType.Int64 => "INT64",
            TensorElementType.UInt8 => "UINT8",
            TensorElementType.UInt16 => "UINT16",
            TensorElementType.UInt32 => "UINT32",
            TensorElementType.UInt64 => "UINT64",
            TensorElementType.Float => "FP32",
            TensorElementType.Double => "FP64",
            TensorElementType.String => "BYTES",
            _ => null,
        };
}
