namespace Handover.Gateway.Observing;

/// <summary>
/// Finds where the text of a stream of events begins. Comments and pings keep a connection open while a model has said
/// nothing yet, and some servers announce an answer long before its first word: neither is fast. How the stream is cut
/// into pieces means nothing.
/// </summary>
internal sealed class FirstEvent
{
    // Longer than the names that matter; what is behind them in a line does not.
    private readonly byte[] _line = new byte[64];
    private int _length;
    private bool _carries = true;
    private bool _found;
    private byte _before;

    /// <summary>One for an answer of this content type; null when it is no stream of events.</summary>
    public static FirstEvent? Of(string? contentType) =>
        contentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) == true
            ? new FirstEvent()
            : null;

    /// <summary>Whether data of an event that carries text has come, now or before.</summary>
    public bool Take(ReadOnlySpan<byte> piece)
    {
        for (int i = 0; i < piece.Length && !_found; i++)
        {
            byte next = piece[i];
            bool secondHalf = next == (byte)'\n' && _before == (byte)'\r';
            _before = next;
            if (next is (byte)'\n' or (byte)'\r')
            {
                EndLine(secondHalf);
            }
            else if (_length < _line.Length)
            {
                _line[_length++] = next;
                _found = _carries && next != (byte)' ' && _length > 5 && _line.AsSpan(0, 5).SequenceEqual("data:"u8);
            }
        }

        return _found;
    }

    private void EndLine(bool secondHalf)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _length);
        if (line.StartsWith("event:"u8))
        {
            _carries = Carries(line[6..].Trim((byte)' '));
        }
        else if (line.IsEmpty && !secondHalf)
        {
            // The end of an event; the next one has a name of its own, or none.
            _carries = true;
        }

        _length = 0;
    }

    private static bool Carries(ReadOnlySpan<byte> name) =>
        name.StartsWith("response."u8)
            ? name.EndsWith(".delta"u8)
            : !(
                name.SequenceEqual("ping"u8)
                || name.SequenceEqual("message_start"u8)
                || name.SequenceEqual("content_block_start"u8)
            );
}
