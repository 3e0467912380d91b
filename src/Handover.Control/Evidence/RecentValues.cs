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

    /// <summary>The mean of what is kept; not a number when there is nothing.</summary>
    public double Mean
    {
        get
        {
            double sum = 0;
            foreach (double value in _ring.AsSpan(0, Count))
            {
                sum += value;
            }

            return sum / Count;
        }
    }
}
