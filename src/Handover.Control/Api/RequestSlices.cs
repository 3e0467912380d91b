using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Api;

/// <summary>
/// What a request is like, for people who ask which requests two releases disagree about: its texts and truth values by
/// place. Numbers are left out, since nearly each has a value of its own.
/// </summary>
internal static class RequestSlices
{
    private const int MostLeaves = 64;
    private const int MostText = 40;

    // Words of the protocols, the same in each request.
    private static readonly string[] Envelope = ["name", "datatype", "id"];

    public static IReadOnlyCollection<string> Of(ReadOnlyMemory<byte>? body)
    {
        if (body is not { } bytes)
        {
            return [];
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            var slices = new List<string>();
            Walk(json.RootElement, "", slices);
            return slices;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return [];
        }
    }

    private static void Walk(JsonElement at, string path, List<string> slices)
    {
        if (slices.Count >= MostLeaves)
        {
            return;
        }

        switch (at.ValueKind)
        {
            case JsonValueKind.Object:
                // A named tensor is known by its name and not by its place.
                string own =
                    at.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
                        ? $"{path[..Math.Max(0, path.LastIndexOf('/'))]}/{name.GetString()}"
                        : path;
                foreach (JsonProperty member in at.EnumerateObject().Where(m => !Envelope.Contains(m.Name)))
                {
                    Walk(member.Value, $"{own}/{member.Name}", slices);
                }

                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in at.EnumerateArray().Take(MostLeaves))
                {
                    Walk(item, $"{path}/{index++}", slices);
                }

                break;
            case JsonValueKind.String when at.GetString() is { Length: <= MostText } text:
                slices.Add($"{path}={text}");
                break;
            case JsonValueKind.True or JsonValueKind.False:
                slices.Add($"{path}={at.GetRawText()}");
                break;
            default:
                break;
        }
    }
}
