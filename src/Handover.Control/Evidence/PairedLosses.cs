namespace Handover.Control.Evidence;

/// <summary>
/// Joins the two losses of one shadowed request: the label comes once, and each release's loss is told by itself.
/// Bounded; not thread-safe.
/// </summary>
internal sealed class PairedLosses(int capacity)
{
    private readonly Dictionary<string, (bool Candidate, double Loss)> _halves = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Adds one loss; both when the other one is there already, else null.</summary>
    public (double Candidate, double Stable)? Add(string requestId, bool candidate, double loss)
    {
        if (_halves.Remove(requestId, out (bool Candidate, double Loss) other) && other.Candidate != candidate)
        {
            return candidate ? (loss, other.Loss) : (other.Loss, loss);
        }

        _halves[requestId] = (candidate, loss);
        _order.Enqueue(requestId);
        while (_order.Count > capacity)
        {
            _halves.Remove(_order.Dequeue());
        }

        return null;
    }
}
