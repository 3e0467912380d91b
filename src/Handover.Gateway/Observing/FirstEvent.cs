namespace Handover.Gateway.Observing;

/// <summary>
/// Finds the piece of a stream of events with which its text begins. Comments and pings keep a connection open while a
/// model has said nothing yet, and some servers announce an answer long before its first word: neither is fast.
/// </summary>
internal static class FirstEvent
{
    /// <summary>Whether a content type is that of a stream of events.</summary>
    public static bool Expected(string? contentType) =>
        contentType is not null && contentType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a piece has data of an event that carries text. Where an event is cut in two, the second piece may be
    /// the one that tells.
    /// </summary>
    public static bool In(ReadOnlySpan<byte> piece)
    {
        ReadOnlySpan<byte> name = default;
        while (!piece.IsEmpty)
        {
            int end = piece.IndexOfAny((byte)'\n', (byte)'\r');
            ReadOnlySpan<byte> line = end < 0 ? piece : piece[..end];
            piece = end < 0 ? default : piece[(end + 1)..];
            if (line.StartsWith("event:"u8))
            {
                name = line[6..].Trim((byte)' ');
            }
            else if (line.StartsWith("data:"u8) && !line[5..].Trim((byte)' ').IsEmpty && Carries(name))
            {
                return true;
            }
        }

        return false;
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
