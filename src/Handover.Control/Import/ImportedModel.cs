using Handover.Core.Catalog;

namespace Handover.Control.Import;

/// <summary>
/// What a file of another tool says of a model, in our words; what has no word of ours is in the notes.
/// </summary>
/// <param name="Input">What it accepts; null when the file does not say.</param>
/// <param name="Output">What it answers; null when the file does not say.</param>
/// <param name="Notes">What was not carried over, or was assumed, a sentence each.</param>
public sealed record ImportedModel(Signature? Input, Signature? Output, IReadOnlyList<string> Notes)
{
    /// <summary>The ONNX file inside the model's folder; null when it has none.</summary>
    public string? OnnxFile { get; init; }
}
