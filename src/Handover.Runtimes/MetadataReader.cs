// Why: what a member says of itself is read the same way from all three kinds of members, over its own endpoint.
using System.Net;
using System.Net.Http;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>Reads Open Inference model metadata.</summary>
internal static class MetadataReader
{
    /// <summary>What the model says of itself; null when the member has no metadata (404).</summary>
    public static async Task<Result<Signatures?>> ReadAsync(HttpClient client, string model, CancellationToken cancel)
    {
        string path = $"/v2/models/{Uri.EscapeDataString(model)}";
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(new Uri(path, UriKind.Relative), cancel);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return (Signatures?)null;
            }

            if (!answer.IsSuccessStatusCode)
            {
                return Unreadable(path, $"it answered {(int)answer.StatusCode}");
            }

            byte[] body = await answer.Content.ReadAsByteArrayAsync(cancel);
            using JsonDocument document = JsonDocument.Parse(body);
            return Read(document.RootElement) is { } signatures
                ? signatures
                : Unreadable(path, "'inputs' and 'outputs' are not lists of {name, datatype, shape}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return Unreadable(path, e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Unreadable(path, "it took too long");
        }
    }

    private static Signatures? Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || Tensors(root, "inputs") is not { } inputs)
        {
            return null;
        }

        var metadata = new Dictionary<string, string>();
        if (root.TryGetProperty("properties", out JsonElement free) && free.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty p in free.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String))
            {
                metadata[p.Name] = p.Value.GetString()!;
            }
        }

        return Tensors(root, "outputs") is { } outputs ? new(new(inputs), new(outputs), metadata) : null;
    }

    private static List<TensorSpec>? Tensors(JsonElement root, string field)
    {
        if (!root.TryGetProperty(field, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var tensors = new List<TensorSpec>();
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (
                item.ValueKind != JsonValueKind.Object
                || !item.TryGetProperty("name", out JsonElement name)
                || name.ValueKind != JsonValueKind.String
                || !item.TryGetProperty("datatype", out JsonElement datatype)
                || datatype.ValueKind != JsonValueKind.String
                || !item.TryGetProperty("shape", out JsonElement shape)
                || Shape(shape) is not { } sizes
            )
            {
                return null;
            }

            tensors.Add(new(name.GetString()!, datatype.GetString()!, sizes));
        }

        return tensors;
    }

    private static List<long>? Shape(JsonElement shape)
    {
        var sizes = new List<long>();
        if (shape.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        foreach (JsonElement size in shape.EnumerateArray())
        {
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out long value))
            {
                return null;
            }

            sizes.Add(value);
        }

        return sizes;
    }

    private static Problem Unreadable(string path, string why) =>
        new("metadata-unreadable", $"The member's metadata at {path} can't be read: {why}.");
}
