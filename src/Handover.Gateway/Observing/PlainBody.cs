using System.Buffers;
using System.IO.Compression;

namespace Handover.Gateway.Observing;

/// <summary>
/// A body as its reader would read it: without the compression that caller and member agreed on for the way. The
/// journal, comparisons and labels know nothing of codings, and most HTTP clients ask for one without anybody's having
/// decided it.
/// </summary>
/// <remarks>
/// Nothing larger than the bound is made, however small the body was on the way. What cannot be decoded (an unknown
/// coding, several of them, a damaged body) is not kept at all: bytes that nobody can read would be taken for an answer
/// that breaks its contract.
/// </remarks>
internal static class PlainBody
{
    /// <summary>The whole body when it is no longer than the bound once decoded; else null.</summary>
    /// <param name="copy">The body as it went by.</param>
    /// <param name="bound">Most bytes.</param>
    public static ReadOnlyMemory<byte>? Within(BodyCopy copy, int bound)
    {
        string? coding = copy.Coding?.Trim();
        return string.IsNullOrEmpty(coding) || coding.Equals("identity", StringComparison.OrdinalIgnoreCase)
                ? copy.Within(bound)
            : copy.Within(bound) is { } body ? Decode(body, coding, bound)
            : null;
    }

    private static ReadOnlyMemory<byte>? Decode(ReadOnlyMemory<byte> body, string coding, int bound)
    {
        if (body.IsEmpty)
        {
            return body;
        }

        using var source = new MemoryStream(body.ToArray(), writable: false);
        using Stream? decoder = Decoder(source, coding);
        if (decoder is null)
        {
            return null;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var plain = new BodyCopy(bound);
            int read;
            while (!plain.Overflowed && (read = decoder.Read(buffer)) > 0)
            {
                plain.Take(buffer.AsSpan(0, read));
            }

            plain.Ended = true;
            return plain.Within(bound);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // RFC 9110, 8.4.1: x-gzip is gzip, and deflate is the zlib format. Several codings are a list, which is none.
    private static Stream? Decoder(Stream source, string coding) =>
        coding.ToUpperInvariant() switch
        {
            "GZIP" or "X-GZIP" => new GZipStream(source, CompressionMode.Decompress),
            "DEFLATE" => new ZLibStream(source, CompressionMode.Decompress),
            "BR" => new BrotliStream(source, CompressionMode.Decompress),
            _ => null,
        };
}
