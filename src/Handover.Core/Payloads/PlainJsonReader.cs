using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>Reads any JSON document as its leaves by path.</summary>
public static class PlainJsonReader
{
    /// <summary>Leaves that are read at most; a document with more is a problem.</summary>
    public const int MostLeaves = 200_000;

    /// <summary>The leaves in document order. Problems: <c>payload-too-large</c>, <c>payload-malformed</c>.</summary>
    public static Result<TypedAnswer> ReadResponse(ReadOnlySpan<byte> body) =>
        PayloadDocument.Read<TypedAnswer>(
            body,
            root =>
            {
                var leaves = new List<JsonLeaf>();
                return Walk(root, "", leaves)
                    ? new TypedAnswer([]) { Leaves = leaves }
                    : new Problem("payload-too-large", $"the document has more than {MostLeaves} leaves");
            }
        );

    /// <summary>A text that is the same for documents that mean the same: leaves sorted by path.</summary>
    internal static string Canonical(JsonElement element)
    {
        var leaves = new List<JsonLeaf>();
        Walk(element, "", leaves);
        leaves.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return string.Join(", ", leaves.Select(l => $"{l.Path}={l.Text}"));
    }

    private static bool Walk(JsonElement element, string path, List<JsonLeaf> leaves)
    {
        if (leaves.Count >= MostLeaves)
        {
            return false;
        }

        switch (element.ValueKind)
        {
            case JsonValueKind.Object when element.EnumerateObject().Any():
                foreach (JsonProperty member in element.EnumerateObject())
                {
                    if (!Walk(member.Value, $"{path}/{Escaped(member.Name)}", leaves))
                    {
                        return false;
                    }
                }

                break;
            case JsonValueKind.Array when element.GetArrayLength() > 0:
                int index = 0;
                foreach (JsonElement item in element.EnumerateArray())
                {
                    if (!Walk(item, $"{path}/{index++}", leaves))
                    {
                        return false;
                    }
                }

                break;
            default:
                leaves.Add(Leaf(element, path));
                break;
        }

        return true;
    }

    private static JsonLeaf Leaf(JsonElement element, string path)
    {
        if (element.ValueKind == JsonValueKind.Number || PayloadDocument.IsBareToken(element))
        {
            string token = PayloadDocument.IsBareToken(element) ? element.GetString()![1..] : element.GetRawText();
            return new JsonLeaf(path, JsonLeafKind.Number, token, PayloadDocument.Number(element) ?? double.NaN);
        }

        return element.ValueKind switch
        {
            JsonValueKind.String => new JsonLeaf(path, JsonLeafKind.String, element.GetString()!, double.NaN),
            JsonValueKind.True => new JsonLeaf(path, JsonLeafKind.Boolean, "true", double.NaN),
            JsonValueKind.False => new JsonLeaf(path, JsonLeafKind.Boolean, "false", double.NaN),
            JsonValueKind.Array => new JsonLeaf(path, JsonLeafKind.EmptyArray, "[]", double.NaN),
            JsonValueKind.Object => new JsonLeaf(path, JsonLeafKind.EmptyObject, "{}", double.NaN),
            _ => new JsonLeaf(path, JsonLeafKind.Null, "null", double.NaN),
        };
    }

    private static string Escaped(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
