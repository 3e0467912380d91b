using Handover.Core.Catalog;
using Handover.Core.Traffic;

namespace Handover.Gateway.Routing;

/// <summary>
/// Which release each open sequence was given. A sequence stays there whatever routing says by now, until it ends or
/// falls silent; as long as it is open the release counts as pinned and is not stopped. Bounded: a caller who opens
/// sequences without end is refused, never the others.
/// </summary>
internal sealed class SequenceTable(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Entity, string Id), Open> _open = [];

    /// <summary>Open sequences by release.</summary>
    public IReadOnlyDictionary<string, int> ByRelease(SequencePolicy? policy)
    {
        lock (_gate)
        {
            Forget(policy);
            return _open.Values.GroupBy(o => o.Assigned.Release).ToDictionary(g => g.Key, g => g.Count());
        }
    }

    /// <summary>What an open sequence was given; null when it is not open.</summary>
    public Assigned? Find(SequencePolicy policy, string? entity, SequenceReading sequence)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue((entity ?? "", sequence.Id), out Open? open) || Silent(open, policy))
            {
                return null;
            }

            open.Seen = time.GetTimestamp();
            return open.Assigned;
        }
    }

    /// <summary>Takes note of what a sequence was given; false when there is no room for another one.</summary>
    public bool Keep(SequencePolicy policy, string? entity, SequenceReading sequence, Assigned assigned)
    {
        lock (_gate)
        {
            (string, string) key = (entity ?? "", sequence.Id);
            if (!_open.ContainsKey(key) && _open.Count >= policy.Most)
            {
                Forget(policy);
                if (_open.Count >= policy.Most)
                {
                    return false;
                }
            }

            _open[key] = new Open(assigned) { Seen = time.GetTimestamp() };
            return true;
        }
    }

    /// <summary>The sequence has had its last answer, or its release is gone.</summary>
    public void End(string? entity, SequenceReading sequence)
    {
        lock (_gate)
        {
            _open.Remove((entity ?? "", sequence.Id));
        }
    }

    private void Forget(SequencePolicy? policy)
    {
        foreach (
            (string, string) key in _open
                .Where(o => policy is null || Silent(o.Value, policy))
                .Select(o => o.Key)
                .ToList()
        )
        {
            _open.Remove(key);
        }
    }

    private bool Silent(Open open, SequencePolicy policy) => time.GetElapsedTime(open.Seen) > policy.Idle;

    private sealed class Open(Assigned assigned)
    {
        public Assigned Assigned => assigned;

        public long Seen { get; set; }
    }
}
