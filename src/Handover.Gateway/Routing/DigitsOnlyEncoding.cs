using System.Text;

namespace Handover.Gateway.Routing;

/// <summary>
/// Reads the value of Content-Length as text in which everything but a digit is a mark that no number contains. Kestrel
/// takes "+3" for 3, other servers do not; with this reader it refuses it with 400 before the request exists.
/// </summary>
internal sealed class DigitsOnlyEncoding : Encoding
{
    /// <summary>The one instance.</summary>
    public static DigitsOnlyEncoding Instance { get; } = new();

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        for (int i = 0; i < byteCount; i++)
        {
            byte b = bytes[byteIndex + i];
            chars[charIndex + i] = b is >= (byte)'0' and <= (byte)'9' ? (char)b : 'x';
        }

        return byteCount;
    }

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;
}
