using Handover.Core.Catalog;
using Handover.Gateway.Routing;

namespace Handover.Gateway.Holding;

/// <summary>
/// The requests of one service that wait for a move, in order of arrival. Bounded in number, bytes and time; the newest
/// is refused when it is full. Whether somebody waits is asked anew at each snapshot: those whom the new one does not
/// hold go on, at most <see cref="ReleaseConcurrency"/> at a time, so that a release that has just taken over is not
/// trampled.
/// </summary>
/// <param name="snapshot">The snapshot in force.</param>
/// <param name="time">Clock of the time bound.</param>
internal sealed class HoldLine(Func<ServiceSnapshot> snapshot, TimeProvider time)
{
    /// <summary>Most requests that were held and are now on their way at once.</summary>
    public const int ReleaseConcurrency = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _line = [];
    private LinkedListNode<Waiter>? _next;
    private long _bytes;
    private int _running;
    private long _overflowed;

    /// <summary>Requests that wait now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Requests that were refused because the line was full.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>
    /// Waits until the snapshot in force does not hold this request, or a bound is reached. Returns at once when
    /// <paramref name="seen"/> is not in force any more: the caller looks again.
    /// </summary>
    /// <param name="seen">The snapshot that said to wait.</param>
    /// <param name="entity">The request's entity.</param>
    /// <param name="attributes">The request's attributes.</param>
    /// <param name="bytes">What the request occupies while it waits.</param>
    /// <param name="left">What is left of the request's time.</param>
    /// <param name="gone">The caller went away.</param>
    public async ValueTask<HoldResult> WaitAsync(
        ServiceSnapshot seen,
        string? entity,
        IReadOnlyDictionary<string, string> attributes,
        long bytes,
        TimeSpan left,
        CancellationToken gone
    )
    {
        Waiter waiter;
        ServiceLimits limits = seen.Service.Limits;
        lock (_gate)
        {
            if (!ReferenceEquals(seen, snapshot()))
            {
                return new HoldResult(HoldEnd.Released, null);
            }

            if (left <= TimeSpan.Zero)
            {
                return new HoldResult(HoldEnd.TimedOut, null);
            }

            if (_line.Count >= limits.HoldRequests || _bytes + bytes > limits.HoldBytes)
            {
                Interlocked.Increment(ref _overflowed);
                return new HoldResult(HoldEnd.Overflowed, null);
            }

            waiter = new Waiter(entity, attributes, bytes);
            waiter.Node = _line.AddLast(waiter);
            _bytes += bytes;
        }

        try
        {
            return new HoldResult(HoldEnd.Released, await waiter.Released.Task.WaitAsync(left, time, gone));
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return Withdraw(waiter, e is TimeoutException ? HoldEnd.TimedOut : HoldEnd.CallerGone);
        }
    }

    /// <summary>
    /// A new snapshot is in force: everybody is looked at again. Call it after the swap, never before.
    /// </summary>
    public void Reconsider()
    {
        lock (_gate)
        {
            ServiceSnapshot now = snapshot();
            foreach (Waiter waiter in _line)
            {
                waiter.Free = !now.Holds(waiter.Entity, waiter.Attributes);
            }

            _next = _line.First;
            Pump();
        }
    }

    // Invariant: behind _next nobody is free; those who come later are not either, for they were held by this snapshot.
    private void Pump()
    {
        while (_running < ReleaseConcurrency && _next is { } node)
        {
            _next = node.Next;
            if (node.Value.Free)
            {
                Remove(node.Value);
                _running++;
                node.Value.Released.SetResult(new HoldSlot(Return));
            }
        }
    }

    private void Return()
    {
        lock (_gate)
        {
            _running--;
            Pump();
        }
    }

    private HoldResult Withdraw(Waiter waiter, HoldEnd why)
    {
        lock (_gate)
        {
            if (waiter.Node is not null)
            {
                Remove(waiter);
                return new HoldResult(why, null);
            }
        }

        // It was released in the same instant: its slot is taken and must be given back by whoever ends it.
#pragma warning disable VSTHRD002 // It is complete: it was set under the gate, before the node was taken away.
        HoldSlot slot = waiter.Released.Task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        if (why == HoldEnd.TimedOut)
        {
            return new HoldResult(HoldEnd.Released, slot);
        }

        slot.Dispose();
        return new HoldResult(why, null);
    }

    private void Remove(Waiter waiter)
    {
        if (ReferenceEquals(_next, waiter.Node))
        {
            _next = waiter.Node!.Next;
        }

        _line.Remove(waiter.Node!);
        waiter.Node = null;
        _bytes -= waiter.Bytes;
    }

    private sealed class Waiter(string? entity, IReadOnlyDictionary<string, string> attributes, long bytes)
    {
        public string? Entity => entity;

        public IReadOnlyDictionary<string, string> Attributes => attributes;

        public long Bytes => bytes;

        public bool Free { get; set; }

        public LinkedListNode<Waiter>? Node { get; set; }

        public TaskCompletionSource<HoldSlot> Released { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>How a wait ended.</summary>
/// <param name="End">How.</param>
/// <param name="Slot">The place among those on their way; dispose of it once the member has answered.</param>
internal readonly record struct HoldResult(HoldEnd End, HoldSlot? Slot);

/// <summary>How a wait ended.</summary>
internal enum HoldEnd
{
    /// <summary>The request may look at the snapshot again.</summary>
    Released,

    /// <summary>The service's time for holding is over.</summary>
    TimedOut,

    /// <summary>The line is full.</summary>
    Overflowed,

    /// <summary>The caller went away.</summary>
    CallerGone,
}

/// <summary>A place among the released requests that are on their way.</summary>
/// <param name="give">Gives it back.</param>
internal sealed class HoldSlot(Action give) : IDisposable
{
    private Action? _give = give;

    /// <summary>Gives the place back; a second call does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _give, null)?.Invoke();
}
