using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Waits for the three answers to one request: stable's, the candidate's and stable's second one. Bounded: over it the
/// oldest request is given up. Not thread-safe; the owner locks.
/// </summary>
internal sealed class TripleBuffer(int capacity)
{
    private readonly Dictionary<string, Triple> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Adds one answer; all three when it was the last of them, else null.</summary>
    public Triple? Add(Exchange exchange)
    {
        if (!_waiting.TryGetValue(exchange.RequestId, out Triple? triple))
        {
            _waiting[exchange.RequestId] = triple = new Triple();
            _order.Enqueue(exchange.RequestId);
            while (_order.Count > capacity)
            {
                _waiting.Remove(_order.Dequeue());
            }
        }

        switch (exchange.Purpose)
        {
            case Purpose.Live:
                triple.First = exchange;
                break;
            case Purpose.Shadow:
                triple.Candidate = exchange;
                break;
            default:
                triple.Second = exchange;
                break;
        }

        return
            triple is { First: not null, Candidate: not null, Second: not null } && _waiting.Remove(exchange.RequestId)
            ? triple
            : null;
    }

    /// <summary>Three answers to one request.</summary>
    internal sealed class Triple
    {
        public Exchange? First { get; set; }

        public Exchange? Second { get; set; }

        public Exchange? Candidate { get; set; }
    }
}
