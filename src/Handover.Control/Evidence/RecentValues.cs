namespace Handover.Control.Evidence;

/// <summary>
/// The last values of something, bounded: what thresholds are frozen from before a rollout. Not thread-safe; the owner
/// locks.
/// </summary>
internal sealed class RecentValues(int capacity)
{
    private readonly double[] _ring = new double[capacity];
    private long _count;

    /// <summary>How many values are kept.</summary>
    public int Count => (int)Math.Min(_count, capacity);

    /// <summary>Adds a value; the oldest goes.</summary>
    public void Add(double value) => _ring[_count++ % capacity] = value;

    /// <summary>A copy of what is kept, in no order.</summary>
    public double[] ToArray() => _ring[..Count];

    /// <summary>The quantile of what is kept; null when there is nothing.</summary>
    public double? Quantile(double p)
    {
        if (Count == 0)
        {
            return null;
        }

        double[] sorted = ToArray();
        Array.Sort(sorted);
        return sorted[(int)Math.Min(sorted.Length - 1, p * sorted.Length)];
    }
}
