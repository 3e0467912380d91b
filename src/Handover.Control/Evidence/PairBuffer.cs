using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Waits for the second half of a shadowed request. Bounded in number and in bytes of answers: over either the oldest
/// half is given up and counted. What was asked is not kept, only what was answered. Not thread-safe; the owner locks.
/// </summary>
/// <param name="capacity">Most halves.</param>
/// <param name="bytes">Most bytes of their answers, but for the newest.</param>
internal sealed class PairBuffer(int capacity, long bytes)
{
    private readonly Dictionary<string, Exchange> _halves = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Bytes of answers that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>Halves that were given up because the other one did not come.</summary>
    public long Dropped { get; private set; }

    /// <summary>Adds one half; the other half when it is there already, else null.</summary>
    public Exchange? Add(Exchange exchange)
    {
        if (_halves.Remove(exchange.RequestId, out Exchange? other))
        {
            Bytes -= SizeOf(other);
            if (other.Purpose != exchange.Purpose)
            {
                return other;
            }
        }

        _halves[exchange.RequestId] = exchange with { Request = null };
        Bytes += SizeOf(exchange);
        _order.Enqueue(exchange.RequestId);
        while (_order.Count > capacity || (Bytes > bytes && _order.Count > 1))
        {
            if (_halves.Remove(_order.Dequeue(), out Exchange? oldest))
            {
                Bytes -= SizeOf(oldest);
                Dropped++;
            }
        }

        return null;
    }

    private static int SizeOf(Exchange exchange) => exchange.Response?.Length ?? 0;
}
