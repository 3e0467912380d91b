using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Waits for the second half of a shadowed request. Bounded: over it the oldest half is given up and counted. Not
/// thread-safe; the owner locks.
/// </summary>
internal sealed class PairBuffer(int capacity)
{
    private readonly Dictionary<string, Exchange> _halves = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Halves that were given up because the other one did not come.</summary>
    public long Dropped { get; private set; }

    /// <summary>Adds one half; the other half when it is there already, else null.</summary>
    public Exchange? Add(Exchange exchange)
    {
        if (_halves.Remove(exchange.RequestId, out Exchange? other) && other.Purpose != exchange.Purpose)
        {
            return other;
        }

        _halves[exchange.RequestId] = exchange;
        _order.Enqueue(exchange.RequestId);
        while (_order.Count > capacity)
        {
            Dropped += _halves.Remove(_order.Dequeue()) ? 1 : 0;
        }

        return null;
    }
}
