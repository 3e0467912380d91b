namespace Handover.Simulation;

/// <summary>
/// Virtual time: what happens next, in order of time and then of asking. Times are µs since the start.
/// </summary>
public sealed class SimAgenda
{
    private readonly PriorityQueue<Action, (long Time, long Order)> _queue = new();
    private long _order;

    /// <summary>Now.</summary>
    public long Now { get; private set; }

    /// <summary>Runs <paramref name="action"/> after <paramref name="delay"/> µs.</summary>
    public void After(long delay, Action action) => _queue.Enqueue(action, (Now + Math.Max(0, delay), _order++));

    /// <summary>Runs until <paramref name="end"/>, or until <paramref name="stop"/> says so.</summary>
    public void Run(long end, Func<bool> stop)
    {
        while (!stop() && _queue.TryPeek(out _, out (long Time, long Order) key) && key.Time <= end)
        {
            Action action = _queue.Dequeue();
            Now = key.Time;
            action();
        }
    }
}
