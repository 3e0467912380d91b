using System.Runtime.InteropServices;
using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Gateway.Routing;

/// <summary>
/// Reads one value from a JSON body by RFC 6901 pointer, for services whose entity or key travels in the body; and
/// puts another in its place, without touching anything around it.
/// </summary>
internal static class JsonPointer
{
    /// <summary>
    /// The text of the string, number or truth value at <paramref name="pointer"/>; null when the body is not JSON, the
    /// pointer leads nowhere or the value is of another kind.
    /// </summary>
    public static string? Read(ReadOnlyMemory<byte> body, string pointer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return Walk(document.RootElement, pointer) is { } found ? Text(found) : null;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return null;
        }
    }

    /// <summary>
    /// The body with a string in the place of the one at <paramref name="pointer"/>, every other byte as it was; null
    /// when the body is not JSON or has no string there.
    /// </summary>
    public static byte[]? Replace(ReadOnlyMemory<byte> body, string pointer, string with)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            if (Walk(document.RootElement, pointer) is not { ValueKind: JsonValueKind.String } found)
            {
                return null;
            }

            // The document keeps no copy: what it found lies in the body itself.
            ReadOnlySpan<byte> raw = JsonMarshal.GetRawUtf8Value(found);
            Invariant.Holds(body.Span.Overlaps(raw, out int at), "a value lies in the body that it was read from");
            ReadOnlySpan<byte> text = JsonEncodedText.Encode(with).EncodedUtf8Bytes;
            return [.. body.Span[..at], (byte)'"', .. text, (byte)'"', .. body.Span[(at + raw.Length)..]];
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return null;
        }
    }

    private static JsonElement? Walk(JsonElement at, string pointer)
    {
        if (pointer.Length == 0)
        {
            return at;
        }

        if (pointer[0] != '/')
        {
            return null;
        }

        foreach (string token in pointer[1..].Split('/'))
        {
            string name = token
                .Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out JsonElement member))
            {
                at = member;
            }
            else if (at.ValueKind == JsonValueKind.Array && Index(name) is { } index && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    private static int? Index(string token) =>
        token.Length is > 0 and < 10 && token.All(char.IsAsciiDigit) && (token.Length == 1 || token[0] != '0')
            ? int.Parse(token)
            : null;

    private static string? Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
            _ => null,
        };
}
