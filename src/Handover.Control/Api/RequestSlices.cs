using System.Globalization;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Control.Api;

/// <summary>
/// What a request is like, for people who ask which requests two releases disagree about: its texts and truth values by
/// place, and its numbers by the quarter of all requests that they lie in, since nearly each has a value of its own.
/// </summary>
internal static class RequestSlices
{
    private const int MostLeaves = 64;
    private const int MostText = 40;
    private const int Parts = 4;

    // Fewer different values than these are told one by one.
    private const int FewValues = 6;

    // Words of the protocols, the same in each request.
    private static readonly string[] Envelope = ["name", "datatype", "id"];

    /// <summary>The slices of each of some requests, in their order.</summary>
    public static IReadOnlyList<IReadOnlyCollection<string>> Of(IEnumerable<ReadOnlyMemory<byte>?> bodies)
    {
        List<RequestFacts> all = [.. bodies.Select(Read)];
        var edges = all.SelectMany(f => f.Numbers)
            .GroupBy(n => n.Path, n => n.Value, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => Edges([.. g.Order()]), StringComparer.Ordinal);
        return [.. all.Select(f => (IReadOnlyCollection<string>)[.. f.Texts, .. f.Numbers.Select(n => Bin(n, edges))])];
    }

    // What separates the quarters; nothing where there are few values.
    private static double[] Edges(double[] sorted) =>
        sorted.Distinct().Take(FewValues).Count() < FewValues
            ? []
            : [.. Enumerable.Range(0, Parts + 1).Select(i => sorted[i * (sorted.Length - 1) / Parts]).Distinct()];

    private static string Bin((string Path, double Value) number, Dictionary<string, double[]> edges)
    {
        double[] own = edges[number.Path];
        if (own.Length < 2)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{number.Path}={number.Value:R}");
        }

        int last = own.Length - 2;
        int at = Math.Clamp(Array.FindLastIndex(own, e => e <= number.Value), 0, last);
        string end = at == last ? "]" : ")";
        return string.Create(CultureInfo.InvariantCulture, $"{number.Path} in [{own[at]:G4}, {own[at + 1]:G4}{end}");
    }

    /// <summary>What is in one request.</summary>
    private static RequestFacts Read(ReadOnlyMemory<byte>? body)
    {
        var facts = new RequestFacts([], []);
        if (body is not { } bytes)
        {
            return facts;
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 32 });
            Walk(json.RootElement, "", facts);
            return facts;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return new RequestFacts([], []);
        }
    }

    private static void Walk(JsonElement at, string path, RequestFacts facts)
    {
        if (facts.Texts.Count + facts.Numbers.Count >= MostLeaves)
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
                bool tensor = at.TryGetProperty("datatype", out _);
                foreach (
                    JsonProperty member in at.EnumerateObject()
                        .Where(m => !Envelope.Contains(m.Name) && !(tensor && m.NameEquals("shape")))
                )
                {
                    Walk(member.Value, $"{own}/{member.Name}", facts);
                }

                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in at.EnumerateArray().Take(MostLeaves))
                {
                    Walk(item, $"{path}/{index++}", facts);
                }

                break;
            case JsonValueKind.String when at.GetString() is { Length: <= MostText } text:
                facts.Texts.Add($"{path}={text}");
                break;
            case JsonValueKind.True or JsonValueKind.False:
                facts.Texts.Add($"{path}={at.GetRawText()}");
                break;
            case JsonValueKind.Number when at.TryGetDouble(out double value) && double.IsFinite(value):
                facts.Numbers.Add((path, value));
                break;
            default:
                break;
        }
    }

    private sealed record RequestFacts(List<string> Texts, List<(string Path, double Value)> Numbers);
}
