using System.Text.Json;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Control.Import;

/// <summary>
/// Reads the signature in an MLflow <c>MLmodel</c> file: <c>inputs</c>, <c>outputs</c> and <c>params</c>, each a JSON
/// text inside YAML (MLflow, "Model Signatures and Input Examples"). Scalar columns become tensors of shape [-1, 1] and
/// unnamed ones <c>input-0</c>, <c>output-0</c>, as MLServer serves them over Open Inference; nested columns can only
/// be served by MLflow's own scoring server, and become a JSON Schema of its bodies.
/// </summary>
public static class MlflowImport
{
    private const int MaxColumns = 1000;

    /// <summary>
    /// Problems <c>bad-mlmodel</c>, with the line, and those of YAML: it is not such a file, or has no signature.
    /// </summary>
    /// <param name="text">Content of the file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="json">Whether bodies of MLflow's scoring server are wanted even where tensors would do.</param>
    public static Result<ImportedModel> Read(string text, string file, bool json = false)
    {
        var log = new ReadLog(file);
        IReadOnlyList<YamlNode> documents = YamlTree.Read(text, log);
        if (log.Count > 0)
        {
            return Result<ImportedModel>.Failed(log.Problems);
        }

        if (documents is not [YamlNode.Map map] || Find(map, "signature") is not YamlNode.Map signature)
        {
            log.Add(
                "bad-mlmodel",
                1,
                1,
                "signature",
                "this MLmodel file has no signature.",
                "Log the model again with mlflow.models.infer_signature."
            );
            return Result<ImportedModel>.Failed(log.Problems);
        }

        var notes = new List<string>();
        List<MlflowColumn>? inputs = Columns(signature, "inputs", log);
        List<MlflowColumn>? outputs = Columns(signature, "outputs", log);
        List<MlflowColumn>? parameters = Columns(signature, "params", log);
        if (log.Count > 0)
        {
            return Result<ImportedModel>.Failed(log.Problems);
        }

        if (parameters is { Count: > 0 })
        {
            notes.Add(
                $"{parameters.Count} params of inference ({string.Join(", ", parameters.Take(5).Select(p => p.Name))}) "
                    + "are not carried over: a signature here has no optional parameters beside its tensors"
            );
        }

        bool nested = json || (inputs ?? []).Concat(outputs ?? []).Any(c => c.Datatype is null);
        if (nested)
        {
            notes.Add("the formats are those of MLflow's scoring server (POST /invocations), protocol json");
        }
        else
        {
            notes.Add("names and shapes of columns are those of MLServer's MLflow runtime, protocol open-inference");
        }

        return new ImportedModel(
            nested ? MlflowSchema.Requests(inputs) : Tensors(inputs, "input", notes),
            nested ? MlflowSchema.Answers(outputs) : Tensors(outputs, "output", notes),
            notes
        )
        {
            OnnxFile = OnnxFileOf(map),
        };
    }

    private static Signature? Tensors(List<MlflowColumn>? columns, string side, List<string> notes)
    {
        if (columns is null or { Count: 0 })
        {
            notes.Add($"the file declares no {side}s");
            return null;
        }

        foreach (MlflowColumn column in columns.Where(c => c.Note is not null))
        {
            notes.Add($"{side} '{column.Name}': {column.Note}");
        }

        return new Signature([
            .. columns.Select(
                (c, i) =>
                    new TensorSpec(c.Name ?? $"{side}-{i}", c.Datatype!, c.Shape ?? [-1, 1]) { Optional = !c.Required }
            ),
        ]);
    }

    private static List<MlflowColumn>? Columns(YamlNode.Map signature, string field, ReadLog log)
    {
        YamlNode? node = Find(signature, field);
        if (node is null or YamlNode.Scalar { Kind: ScalarKind.Empty })
        {
            return null;
        }

        if (node is not YamlNode.Scalar text)
        {
            log.Add(
                "bad-mlmodel",
                node,
                $"signature.{field}",
                $"must be a text with JSON in it, got {node.Describe()}."
            );
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text.Text);
            JsonElement list = document.RootElement;
            if (list.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxColumns)
            {
                log.Add("bad-mlmodel", node, $"signature.{field}", $"must be a list of at most {MaxColumns} columns.");
                return null;
            }

            return [.. list.EnumerateArray().Select(MlflowColumn.Read)];
        }
        catch (Exception e) when (BadJson.Is(e) || e is FormatException)
        {
            log.Add("bad-mlmodel", node, $"signature.{field}", $"cannot be read: {e.Message.TrimEnd('.')}.");
            return null;
        }
    }

    // flavors: onnx: data: model.onnx
    private static string? OnnxFileOf(YamlNode.Map map) =>
        Find(map, "flavors") is YamlNode.Map flavors
        && Find(flavors, "onnx") is YamlNode.Map onnx
        && Find(onnx, "data") is YamlNode.Scalar { Text: { Length: > 0 } file }
            ? file
            : null;

    private static YamlNode? Find(YamlNode.Map map, string name) =>
        map.Fields.FirstOrDefault(f => f.Name == name)?.Value;
}
