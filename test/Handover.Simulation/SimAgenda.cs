using Handover.Core.Foundation;

namespace Handover.Simulation;

/// <summary>
/// Virtual time: what happens next, in order of time and then of asking. Times are µs since the start.
/// </summary>
public sealed class SimAgenda
{
    // Time above, order of asking below: one number is compared several times as fast as two.
    private const int OrderBits = 24;
    private readonly PriorityQueue<Action, long> _queue = new(256);
    private long _order;

    /// <summary>Now.</summary>
    public long Now { get; private set; }

    /// <summary>Runs <paramref name="action"/> after <paramref name="delay"/> µs.</summary>
    public void After(long delay, Action action)
    {
        Invariant.Holds(_order < 1L << OrderBits, "a run has fewer events than there are numbers for them");
        _queue.Enqueue(action, ((Now + Math.Max(0, delay)) << OrderBits) | _order++);
    }

    /// <summary>Runs until <paramref name="end"/>, or until <paramref name="stop"/> says so.</summary>
    public void Run(long end, Func<bool> stop)
    {
        while (!stop() && _queue.TryDequeue(out Action? action, out long key) && key >> OrderBits <= end)
        {
            Now = key >> OrderBits;
            action();
        }
    }
}
