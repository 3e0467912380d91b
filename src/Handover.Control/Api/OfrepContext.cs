using System.Text.Json;
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>The context of an OFREP evaluation: who is asked about, and what is known of them.</summary>
internal sealed record OfrepContext
{
    // What the gateway takes for an entity or attribute; a longer one is refused there and here.
    private const int MaxLength = 512;

    /// <summary>The entity: <c>targetingKey</c>.</summary>
    public string Entity { get; private init; } = "";

    /// <summary>What the context says, as the gateway would read it from a request.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; private init; } = new Dictionary<string, string>();

    /// <summary>The context as it came.</summary>
    public byte[] Canonical { get; private init; } = [];

    /// <summary>OFREP's code of what is wrong; null when nothing is.</summary>
    public string? ErrorCode { get; private init; }

    /// <summary>What is wrong, for people.</summary>
    public string? ErrorDetails { get; private init; }

    public static async Task<OfrepContext> ReadAsync(HttpRequest request)
    {
        Result<byte[]> body = await RequestBody.ReadAsync(request, RequestBody.Small);
        if (!body.Ok)
        {
            return Wrong("PARSE_ERROR", body.Problems[0].Message);
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(body.Value, new JsonDocumentOptions { MaxDepth = 32 });
            if (
                json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("context", out JsonElement context)
                || context.ValueKind != JsonValueKind.Object
            )
            {
                return Wrong("INVALID_CONTEXT", "send {\"context\": {\"targetingKey\": \"…\"}}");
            }

            return Of(context);
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return Wrong("PARSE_ERROR", e.Message);
        }
    }

    private static OfrepContext Of(JsonElement context)
    {
        bool keyed = context.TryGetProperty("targetingKey", out JsonElement key);
        if (!keyed || key.ValueKind != JsonValueKind.String || key.GetString()!.Length == 0)
        {
            return Wrong("TARGETING_KEY_MISSING", "targetingKey is the entity, a text");
        }

        var attributes = new Dictionary<string, string>();
        foreach (JsonProperty member in context.EnumerateObject())
        {
            string? text = member.Value.ValueKind switch
            {
                JsonValueKind.String => member.Value.GetString(),
                JsonValueKind.Number => member.Value.GetRawText(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => null,
            };
            if (text?.Length > MaxLength)
            {
                return Wrong("INVALID_CONTEXT", $"{member.Name} is longer than {MaxLength} characters");
            }

            // An empty header is no attribute at the gateway either.
            if (text is { Length: > 0 })
            {
                attributes[member.Name] = text;
            }
        }

        return new OfrepContext
        {
            Entity = key.GetString()!,
            Attributes = attributes,
            Canonical = JsonSerializer.SerializeToUtf8Bytes(
                attributes.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => new[] { a.Key, a.Value })
            ),
        };
    }

    private static OfrepContext Wrong(string code, string details) =>
        new() { ErrorCode = code, ErrorDetails = details };
}
