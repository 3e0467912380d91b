// Why: a file is shown as the runtime sees it, by loading it, so that what is shown is what will be served.
using Handover.Core.Foundation;

namespace Handover.Runtimes.Onnx;

/// <summary>Reads what an ONNX file says of itself.</summary>
public static class ModelInspector
{
    /// <summary>Loads the file and describes it. Errors: <c>file-unreadable</c>, <c>model-unusable</c>.</summary>
    public static async Task<Result<ModelInspection>> InspectAsync(string path, CancellationToken cancel)
    {
        Result<ModelFile> file = await ModelFile.ReadAsync(path, path, cancel);
        if (!file.Ok)
        {
            return Result<ModelInspection>.Failed(file.Problems);
        }

        Result<OnnxModel> loaded = OnnxModel.Load(file.Value.Bytes, path);
        if (!loaded.Ok)
        {
            return Result<ModelInspection>.Failed(loaded.Problems);
        }

        using OnnxModel model = loaded.Value;
        return new ModelInspection(
            path,
            file.Value.Bytes.Length,
            file.Value.Sha256,
            model.Producer,
            model.Version,
            model.Inputs,
            model.Outputs,
            new Dictionary<string, string>(model.Properties)
        );
    }
}
