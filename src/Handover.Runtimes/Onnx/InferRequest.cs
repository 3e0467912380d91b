// Why: what a parsed request holds besides managed memory is native, so somebody has to own and free it.
using Microsoft.ML.OnnxRuntime;

namespace Handover.Runtimes.Onnx;

/// <summary>One parsed inference request: values in the model's own input order.</summary>
internal sealed class InferRequest(int inputs) : IDisposable
{
    /// <summary>By position in the model; null until seen.</summary>
    public OrtValue?[] Values { get; } = new OrtValue?[inputs];

    /// <summary>Shapes by position; kept to compare dimensions that share a name.</summary>
    public long[]?[] Shapes { get; } = new long[]?[inputs];

    /// <summary>The caller's id; null when there was none.</summary>
    public string? Id { get; set; }

    /// <summary>Outputs that were asked for, in the model's names; null for all.</summary>
    public string[]? Outputs { get; set; }

    public void Dispose()
    {
        foreach (OrtValue? value in Values)
        {
            value?.Dispose();
        }
    }
}
