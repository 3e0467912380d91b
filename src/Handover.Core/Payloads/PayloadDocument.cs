using System.Text.Json;
using Handover.Core.Foundation;

namespace Handover.Core.Payloads;

/// <summary>
/// The one door through which bytes of strangers become a JSON document: bounded in size and depth, duplicate keys
/// refused (two readers of one body must not see two different answers), and tolerant of the bare <c>NaN</c> and
/// <c>Infinity</c> tokens that Python servers write although JSON has none.
/// </summary>
internal static class PayloadDocument
{
    /// <summary>Largest body that is read; larger ones are a problem, never a stall.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>Deepest nesting that is read.</summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// A bare non-finite token becomes a string that starts with this, because a document cannot hold it otherwise.
    /// U+0000 does not begin any text that a model answers.
    /// </summary>
    public const char NonFiniteMark = '\0';

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = MaxDepth,
    };

    /// <summary>The problem of a body over the bound; null for one within it.</summary>
    public static Problem? TooLarge(ReadOnlySpan<byte> body) =>
        body.Length > MaxBytes
            ? new Problem("payload-too-large", $"a body of {body.Length} bytes is over the bound of {MaxBytes}")
            : null;

    /// <summary>Parses a body and hands its root to <paramref name="read"/>.</summary>
    public static Result<T> Read<T>(ReadOnlySpan<byte> body, Func<JsonElement, Result<T>> read)
    {
        if (TooLarge(body) is { } tooLarge)
        {
            return tooLarge;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(WithoutBareTokens(body), Options);
            return read(document.RootElement);
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            return new Problem("payload-malformed", $"the body is not the JSON that was expected: {e.Message}");
        }
    }

    /// <summary>
    /// A double of a JSON value: a number, a marked or quoted non-finite token; null for anything else.
    /// </summary>
    public static double? Number(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.GetDouble();
        }

        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!.TrimStart(NonFiniteMark) switch
            {
                "NaN" => double.NaN,
                "Infinity" => double.PositiveInfinity,
                "-Infinity" => double.NegativeInfinity,
                _ => null,
            }
            : null;
    }

    /// <summary>Whether the value stands for a bare non-finite token of the body.</summary>
    public static bool IsBareToken(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is [NonFiniteMark, ..];

    /// <summary>The text of a string property; null when it is absent or not a string.</summary>
    public static string? Text(JsonElement element, string property) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty(property, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>A problem with the body, found at a place in it.</summary>
    public static Problem Bad(string where, string message) =>
        new("payload-malformed", $"{where}: {message}") { Field = where };

    private static byte[] WithoutBareTokens(ReadOnlySpan<byte> body)
    {
        // Letters outside strings are only true, false and null in JSON, so one look for N and I is enough to know.
        if (body.IndexOfAny((byte)'N', (byte)'I') < 0)
        {
            return body.ToArray();
        }

        var output = new MemoryBuffer(body.Length + 64);
        bool inString = false;
        for (int i = 0; i < body.Length; i++)
        {
            byte b = body[i];
            if (inString)
            {
                output.Add(b);
                if (b == '\\' && i + 1 < body.Length)
                {
                    output.Add(body[++i]);
                }
                else if (b == '"')
                {
                    inString = false;
                }

                continue;
            }

            int token = BareToken(body[i..]);
            if (token > 0)
            {
                output.Add("\"\\u0000"u8);
                output.Add(body.Slice(i, token));
                output.Add((byte)'"');
                i += token - 1;
                continue;
            }

            inString = b == '"';
            output.Add(b);
        }

        return output.ToArray();
    }

    private static int BareToken(ReadOnlySpan<byte> at) =>
        at.StartsWith("NaN"u8) ? 3
        : at.StartsWith("Infinity"u8) ? 8
        : at.StartsWith("-Infinity"u8) ? 9
        : 0;

    private sealed class MemoryBuffer(int capacity)
    {
        private readonly List<byte> _bytes = new(capacity);

        public void Add(byte b) => _bytes.Add(b);

        public void Add(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

        public byte[] ToArray() => [.. _bytes];
    }
}
