using Handover.Core.Moves;
using Handover.Core.Traffic;

namespace Handover.Gateway.Draining;

/// <summary>
/// Who is on the way to a member right now. A move needs to know when the last request of its slice has ended, and a
/// release may only be stopped when nobody is inside. Its lock is also the fence between a request that read a snapshot
/// and a hold that replaced it: a request enters and then looks at the snapshot again, a hold swaps the snapshot and
/// then counts, so at least one of the two sees the other.
/// </summary>
internal sealed class InFlightTable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<InFlightTicket> _tickets = [];
    private readonly Dictionary<string, int> _byRelease = [];
    private readonly Dictionary<string, int> _pins = [];
    private Watch? _watch;
    private TaskCompletionSource? _idle;

    /// <summary>Requests in flight by release.</summary>
    public IReadOnlyDictionary<string, int> ByRelease
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, int>(_byRelease);
            }
        }
    }

    /// <summary>Requests by release whose pin another hop may still use.</summary>
    public IReadOnlyDictionary<string, int> LivePins
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<string, int>(_pins);
            }
        }
    }

    /// <summary>Takes note of a request before it is dispatched.</summary>
    /// <param name="release">The release it goes to.</param>
    /// <param name="entity">Its entity.</param>
    /// <param name="attributes">Its attributes.</param>
    /// <param name="kind">What it is; moves wait for callers' requests only.</param>
    public InFlightTicket Enter(
        string release,
        string? entity,
        IReadOnlyDictionary<string, string> attributes,
        InFlightKind kind
    )
    {
        var ticket = new InFlightTicket(release, entity, attributes, kind);
        lock (_gate)
        {
            ticket.Node = _tickets.AddLast(ticket);
            Add(_byRelease, release, 1);
            if (kind != InFlightKind.Hop)
            {
                Add(_pins, release, 1);
            }
        }

        return ticket;
    }

    /// <summary>The request is on its way to the member and cannot be held any more.</summary>
    public void Dispatched(InFlightTicket ticket)
    {
        Action? drained = null;
        lock (_gate)
        {
            ticket.IsDispatched = true;
            if (_watch is { Mode: DrainMode.Dispatch })
            {
                drained = Settle(ticket);
            }
        }

        drained?.Invoke();
    }

    /// <summary>The request has ended. A second call does nothing.</summary>
    public void Exit(InFlightTicket ticket)
    {
        Action? drained;
        lock (_gate)
        {
            if (ticket.Node is null)
            {
                return;
            }

            _tickets.Remove(ticket.Node);
            ticket.Node = null;
            Add(_byRelease, ticket.Release, -1);
            if (ticket.Kind != InFlightKind.Hop)
            {
                Add(_pins, ticket.Release, -1);
            }

            drained = Settle(ticket);
            if (_tickets.Count == 0)
            {
                _idle?.TrySetResult();
                _idle = null;
            }
        }

        drained?.Invoke();
    }

    /// <summary>
    /// Calls <paramref name="drained"/> once, as soon as the slice is drained as <paramref name="mode"/> means it.
    /// Replaces a watch before it.
    /// </summary>
    public void WatchSlice(Slice slice, DrainMode mode, Action drained)
    {
        lock (_gate)
        {
            var watch = new Watch(mode, drained);
            foreach (InFlightTicket ticket in _tickets)
            {
                bool pending = ticket.Kind == InFlightKind.Caller && (mode == DrainMode.Atomic || !ticket.IsDispatched);
                if (pending && slice.Contains(ticket.Entity, ticket.Attributes))
                {
                    watch.Waiting.Add(ticket);
                }
            }

            _watch = watch.Waiting.Count > 0 ? watch : null;
            if (_watch is not null)
            {
                return;
            }
        }

        drained();
    }

    /// <summary>Completes when nothing is in flight.</summary>
    public Task WhenIdle()
    {
        lock (_gate)
        {
            if (_tickets.Count == 0)
            {
                return Task.CompletedTask;
            }

            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private Action? Settle(InFlightTicket ticket)
    {
        if (_watch is null || !_watch.Waiting.Remove(ticket) || _watch.Waiting.Count > 0)
        {
            return null;
        }

        Action drained = _watch.Drained;
        _watch = null;
        return drained;
    }

    private static void Add(Dictionary<string, int> counts, string release, int by)
    {
        int now = counts.GetValueOrDefault(release) + by;
        if (now == 0)
        {
            counts.Remove(release);
        }
        else
        {
            counts[release] = now;
        }
    }

    private sealed record Watch(DrainMode Mode, Action Drained)
    {
        public HashSet<InFlightTicket> Waiting { get; } = [];
    }
}
