using System.Globalization;

namespace Handover.Core.Evidence;

/// <summary>
/// Reads what <see cref="StateWriter"/> wrote. A damaged text sets <see cref="Failed"/>; it never throws.
/// </summary>
internal sealed class StateReader(string text)
{
    private readonly string[] _words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    private int _next;

    /// <summary>Whether a word was missing or was not what was asked for.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether everything was read.</summary>
    public bool AtEnd => _next == _words.Length;

    public string Word()
    {
        if (_next < _words.Length)
        {
            return _words[_next++];
        }

        Failed = true;
        return "";
    }

    public long ReadLong() =>
        long.TryParse(Word(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : Fail(0L);

    public double ReadDouble() =>
        ulong.TryParse(Word(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits)
            ? BitConverter.UInt64BitsToDouble(bits)
            : Fail(0.0);

    private T Fail<T>(T value)
    {
        Failed = true;
        return value;
    }
}
