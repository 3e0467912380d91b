using System.Buffers;
using System.Buffers.Text;

namespace Handover.Gateway.Upstream;

/// <summary>The line before a chunk (RFC 9112, 7.1).</summary>
internal static class ChunkSize
{
    private static readonly SearchValues<byte> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>
    /// Bytes of the chunk: hexadecimal digits, and perhaps extensions, which mean nothing to anybody.
    /// </summary>
    /// <param name="line">The line without its line feed.</param>
    /// <exception cref="MalformedAnswerException">It is no size.</exception>
    public static long Of(ReadOnlySpan<byte> line)
    {
        int digits = line.IndexOfAnyExcept(Hexadecimal);
        digits = digits < 0 ? line.Length : digits;
        bool proper =
            digits is > 0 and <= 15
            && line[digits..] is [] or [(byte)'\r'] or [(byte)';' or (byte)' ' or (byte)'\t', ..]
            && !line[digits..^(line.EndsWith("\r"u8) ? 1 : 0)].Contains((byte)'\r');
        return proper && Utf8Parser.TryParse(line[..digits], out long size, out _, 'x')
            ? size
            : throw new MalformedAnswerException("a chunk's size is no number");
    }
}
