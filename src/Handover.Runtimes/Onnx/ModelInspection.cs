// Why: before a release is written, somebody has to know the names, types and digest that it must declare.
namespace Handover.Runtimes.Onnx;

/// <summary>What <c>handover model inspect</c> shows of a file.</summary>
/// <param name="File">As it was named.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="Sha256">Lower-case hex digest, as a release declares it.</param>
/// <param name="Producer">The program that wrote it; may be empty.</param>
/// <param name="Version">The file's <c>model_version</c>; null when it has none.</param>
/// <param name="Inputs">What it accepts.</param>
/// <param name="Outputs">What it answers.</param>
/// <param name="Metadata">The file's own key/value pairs.</param>
public sealed record ModelInspection(
    string File,
    long Bytes,
    string Sha256,
    string Producer,
    string? Version,
    IReadOnlyList<ModelTensor> Inputs,
    IReadOnlyList<ModelTensor> Outputs,
    IReadOnlyDictionary<string, string> Metadata
);
