namespace Handover.Gateway.Observing;

/// <summary>
/// A bounded copy of a body that streams by. Past its bound it lets go of what it has: half a body is worth nothing to
/// the journal or to a shadow, and must not be mistaken for a whole one.
/// </summary>
/// <param name="limit">Most bytes that are kept.</param>
internal sealed class BodyCopy(int limit)
{
    private byte[] _buffer = [];
    private int _length;

    /// <summary>Whether more went by than may be kept.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>How it is compressed, as its <c>Content-Encoding</c> says; null when it is not.</summary>
    public string? Coding { get; set; }

    /// <summary>Whether the body was seen to its end.</summary>
    public bool Ended { get; set; }

    /// <summary>Bytes that are kept.</summary>
    public int Length => _length;

    /// <summary>
    /// The whole body when it was seen to its end and is no longer than <paramref name="bound"/>; else null.
    /// </summary>
    public ReadOnlyMemory<byte>? Within(int bound)
    {
        // Not a conditional expression: there a null would become an empty body, by way of the conversion from arrays.
        if (Overflowed || !Ended || _length > bound)
        {
            return null;
        }

        return new ReadOnlyMemory<byte>(_buffer, 0, _length);
    }

    /// <summary>Takes the next bytes.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (Overflowed || bytes.IsEmpty)
        {
            return;
        }

        if (bytes.Length > limit - _length)
        {
            Overflowed = true;
            _buffer = [];
            return;
        }

        if (_length + bytes.Length > _buffer.Length)
        {
            // Nearly every body comes in one piece, and then this is its size.
            Array.Resize(ref _buffer, Math.Min(limit, Math.Max(_length + bytes.Length, _buffer.Length * 2)));
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
