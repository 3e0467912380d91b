using System.Text;

namespace Handover.Gateway.Routing;

/// <summary>
/// Reads the value of Connection so that its whole list survives. Kestrel replaces a list that has "close" or
/// "keep-alive" in it by that one word, and the other names, which must not be forwarded, would be forgotten. With
/// semicolons in place of the commas it sees one word that it does not know and leaves it; the gateway then closes
/// where it was asked to.
/// </summary>
internal sealed class ConnectionEncoding : Encoding
{
    /// <summary>The one instance.</summary>
    public static ConnectionEncoding Instance { get; } = new();

    /// <summary>The names in a value that was read with this encoding, or with any other.</summary>
    public static IEnumerable<string> Names(IEnumerable<string?> values) =>
        values.SelectMany(v => (v ?? "").Split([',', ';'])).Select(v => v.Trim(' ', '\t')).Where(v => v.Length > 0);

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        for (int i = 0; i < byteCount; i++)
        {
            chars[charIndex + i] = bytes[byteIndex + i] == (byte)',' ? ';' : (char)bytes[byteIndex + i];
        }

        return byteCount;
    }

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;
}
