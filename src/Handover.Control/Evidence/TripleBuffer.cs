using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Waits for the three answers to one request: stable's, the candidate's and stable's second one. Bounded in number and
/// in bytes of answers: over either the oldest request is given up. Not thread-safe; the owner locks.
/// </summary>
/// <param name="capacity">Most requests.</param>
/// <param name="bytes">Most bytes of their answers, but for the newest.</param>
internal sealed class TripleBuffer(int capacity, long bytes)
{
    private readonly Dictionary<string, Triple> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Bytes of answers that wait.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds one answer; all three when it was the last of them, else null.</summary>
    public Triple? Add(Exchange exchange)
    {
        if (!_waiting.TryGetValue(exchange.RequestId, out Triple? triple))
        {
            _waiting[exchange.RequestId] = triple = new Triple();
            _order.Enqueue(exchange.RequestId);
        }

        Bytes -= triple.Bytes;
        exchange = exchange with { Request = null };
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

        if (triple is { First: not null, Candidate: not null, Second: not null })
        {
            _waiting.Remove(exchange.RequestId);
            return triple;
        }

        Bytes += triple.Bytes;
        while (_order.Count > capacity || (Bytes > bytes && _order.Count > 1))
        {
            Bytes -= _waiting.Remove(_order.Dequeue(), out Triple? oldest) ? oldest.Bytes : 0;
        }

        return null;
    }

    /// <summary>Three answers to one request.</summary>
    internal sealed class Triple
    {
        public Exchange? First { get; set; }

        public Exchange? Second { get; set; }

        public Exchange? Candidate { get; set; }

        public long Bytes => SizeOf(First) + SizeOf(Second) + SizeOf(Candidate);

        private static long SizeOf(Exchange? exchange) => exchange?.Response?.Length ?? 0;
    }
}
