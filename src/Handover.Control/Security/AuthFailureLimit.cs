using System.Net;

namespace Handover.Control.Security;

/// <summary>
/// Bounds how many wrong tokens one address may show per minute. It only ever stops those who show a wrong token: a
/// right one is never locked out by somebody else's guesses. The table is bounded; when it is full the oldest entry
/// goes.
/// </summary>
public sealed class AuthFailureLimit(TimeProvider clock, int perMinute = 20, int mostAddresses = 1024)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Dictionary<IPAddress, (DateTimeOffset Since, int Count)> _failures = [];
    private readonly Lock _gate = new();

    /// <summary>Wrong tokens since the start.</summary>
    public long Total { get; private set; }

    /// <summary>Counts a failure; the time to wait when the address is over its bound, null when it is not.</summary>
    public TimeSpan? Failed(IPAddress? address)
    {
        DateTimeOffset now = clock.GetUtcNow();
        IPAddress key = address ?? IPAddress.None;
        lock (_gate)
        {
            Total++;
            if (!_failures.TryGetValue(key, out var entry) || now - entry.Since >= Window)
            {
                MakeRoom(key);
                entry = (now, 0);
            }

            entry.Count++;
            _failures[key] = entry;
            return entry.Count > perMinute ? entry.Since + Window - now : null;
        }
    }

    private void MakeRoom(IPAddress key)
    {
        if (_failures.Count >= mostAddresses && !_failures.ContainsKey(key))
        {
            _failures.Remove(_failures.MinBy(f => f.Value.Since).Key);
        }
    }
}
