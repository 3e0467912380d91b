using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// What a model server says of a model: Open Inference model metadata. Whoever wrote it may be hostile or broken, so
/// every list is bounded and every name is looked at before it is believed.
/// </summary>
/// <param name="Input">Tensors that it accepts.</param>
/// <param name="Output">Tensors that it answers.</param>
/// <param name="Properties">Free texts beside them, at most 64.</param>
public sealed partial record ModelMetadata(
    Signature Input,
    Signature Output,
    IReadOnlyDictionary<string, string> Properties
)
{
    /// <summary>Largest document that is read, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxTensors = 1000;
    private const int MaxDimensions = 16;
    private const int MaxText = 256;
    private const int MaxProperties = 64;

    /// <summary>
    /// Reads <c>{inputs: [{name, datatype, shape}], outputs: [...], properties: {...}}</c>; other fields are ignored.
    /// Problem <c>bad-metadata</c>: it is something else, and <c>Field</c> says where.
    /// </summary>
    public static Result<ModelMetadata> Read(ReadOnlyMemory<byte> json)
    {
        if (json.Length > MaxBytes)
        {
            return Bad(null, $"it has more than {MaxBytes >> 20} MiB");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return Bad(null, $"it is not JSON: {e.Message.TrimEnd('.')}");
        }
    }

    private static Result<ModelMetadata> Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return Bad(null, "it is not an object with 'inputs' and 'outputs'");
        }

        Result<Signature> inputs = Tensors(root, "inputs");
        Result<Signature> outputs = Tensors(root, "outputs");
        if (!inputs.Ok || !outputs.Ok)
        {
            return Result<ModelMetadata>.Failed([.. inputs.Problems, .. outputs.Problems]);
        }

        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        if (root.TryGetProperty("properties", out JsonElement free) && free.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty p in free.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String))
            {
                properties[p.Name] = p.Value.GetString()!;
                if (properties.Count > MaxProperties || p.Name.Length > MaxText || properties[p.Name].Length > MaxText)
                {
                    return Bad("properties", $"more than {MaxProperties} entries, or one longer than {MaxText}");
                }
            }
        }

        return new ModelMetadata(inputs.Value, outputs.Value, properties);
    }

    private static Result<Signature> Tensors(JsonElement root, string field)
    {
        if (!root.TryGetProperty(field, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            return Bad(field, "must be a list of {name, datatype, shape}");
        }

        if (list.GetArrayLength() > MaxTensors)
        {
            return Bad(field, $"more than {MaxTensors} tensors");
        }

        var tensors = new List<TensorSpec>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (JsonElement item in list.EnumerateArray())
        {
            string at = $"{field}[{tensors.Count}]";
            List<long>? sizes =
                item.ValueKind == JsonValueKind.Object && item.TryGetProperty("shape", out JsonElement shape)
                    ? Sizes(shape)
                    : null;
            if (Take(tensors, names, at, (Text(item, "name"), Text(item, "datatype"), sizes)) is { } bad)
            {
                return bad;
            }
        }

        return new Signature(tensors);
    }

    // Returns what is wrong with a tensor, or null when it was taken.
    private static Problem? Take(
        List<TensorSpec> tensors,
        HashSet<string> names,
        string at,
        (string? Name, string? Datatype, List<long>? Sizes) tensor
    )
    {
        if (tensor.Name is not { } name || tensor.Datatype is not { } datatype)
        {
            return Bad(at, $"'name' and 'datatype' must be texts of 1 to {MaxText} characters");
        }

        if (!names.Add(name))
        {
            return Bad(at, "the name is there twice");
        }

        if (tensor.Sizes is not { } sizes)
        {
            return Bad($"{at}.shape", $"must be a list of at most {MaxDimensions} whole numbers, -1 for any");
        }

        tensors.Add(new TensorSpec(name, datatype, sizes));
        return null;
    }

    private static string? Text(JsonElement item, string name) => Fit(PayloadDocument.Text(item, name));

    private static string? Fit(string? text) =>
        text is { Length: > 0 and <= MaxText } && !text.Any(char.IsControl) ? text : null;

    private static List<long>? Sizes(JsonElement shape)
    {
        if (shape.ValueKind != JsonValueKind.Array || shape.GetArrayLength() > MaxDimensions)
        {
            return null;
        }

        var sizes = new List<long>();
        foreach (JsonElement size in shape.EnumerateArray())
        {
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out long value) || value < -1)
            {
                return null;
            }

            sizes.Add(value);
        }

        return sizes;
    }

    private static Problem Bad(string? field, string why) =>
        new("bad-metadata", $"this is no Open Inference model metadata: {why}.") { Field = field };
}
