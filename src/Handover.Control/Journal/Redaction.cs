using System.Text.Json;
using System.Text.Json.Nodes;
using Handover.Core.Foundation;

namespace Handover.Control.Journal;

/// <summary>
/// Takes values out of a body before it is stored. Fails closed: a body in which the places can't be found because it
/// is not plain JSON is not stored at all. A value is replaced by one of its own type, so that a recorded request still
/// warms.
/// </summary>
internal static class Redaction
{
    private const string Instead = "redacted";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>The body without the values at <paramref name="pointers"/>; null when it must not be kept.</summary>
    public static ReadOnlyMemory<byte>? Apply(ReadOnlyMemory<byte>? body, IReadOnlyList<string> pointers)
    {
        if (body is not { Length: > 0 } bytes || pointers.Count == 0)
        {
            return body;
        }

        try
        {
            JsonNode? root = JsonNode.Parse(bytes.Span, documentOptions: Strict);
            bool changed = false;
            foreach (string pointer in pointers)
            {
                changed |= Replace(root, pointer.Split('/').Skip(1).Select(Unescape).ToList());
            }

            return changed ? JsonSerializer.SerializeToUtf8Bytes(root) : bytes;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return null;
        }
    }

    private static bool Replace(JsonNode? node, List<string> path)
    {
        for (int i = 0; i < path.Count - 1; i++)
        {
            node = Child(node, path[i]);
        }

        switch (node)
        {
            case JsonObject map when map.TryGetPropertyValue(path[^1], out JsonNode? value):
                map[path[^1]] = Neutral(value);
                return true;
            case JsonArray list when Index(list, path[^1]) is { } index:
                list[index] = Neutral(list[index]);
                return true;
            default:
                return false;
        }
    }

    private static JsonNode? Child(JsonNode? node, string name) =>
        node switch
        {
            JsonObject map => map.TryGetPropertyValue(name, out JsonNode? value) ? value : null,
            JsonArray list => Index(list, name) is { } index ? list[index] : null,
            _ => null,
        };

    private static int? Index(JsonArray list, string name) =>
        int.TryParse(name, out int index) && index >= 0 && index < list.Count ? index : null;

    private static JsonNode? Neutral(JsonNode? value) =>
        value switch
        {
            null => null,
            JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, Neutral(p.Value)))),
            JsonArray list => new JsonArray([.. list.Select(Neutral)]),
            _ => value.GetValueKind() switch
            {
                JsonValueKind.Number => 0,
                JsonValueKind.True or JsonValueKind.False => false,
                _ => Instead,
            },
        };

    private static string Unescape(string part) =>
        part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
}
