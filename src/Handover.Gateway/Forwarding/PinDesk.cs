using System.Collections.Concurrent;
using Handover.Core.Traffic;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;

namespace Handover.Gateway.Forwarding;

/// <summary>Issues and checks pins: the signed word of the gateway which release a request was given.</summary>
/// <param name="time">Clock of the expiry.</param>
internal sealed class PinDesk(TimeProvider time)
{
    /// <summary>How long a pin is good: no answer may take longer to begin, and hops happen before it ends.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    // Releases come and go; what is not asked for any more is forgotten with the rest.
    private const int MostIssued = 1024;

    private readonly ConcurrentDictionary<(string Service, string Release, Purpose), Issued> _issued = new();

    /// <summary>
    /// The baggage of a caller's request with a new pin for its release. Pins that do not verify are taken off and
    /// counted; one of this service is replaced; one of another service goes on, for it belongs to the chain that this
    /// call is part of.
    /// </summary>
    /// <param name="snapshot">The service as it is.</param>
    /// <param name="counters">What counts them; null for a copy of a request whose pins have been counted.</param>
    /// <param name="baggage">The request's baggage.</param>
    /// <param name="release">The release that it goes to.</param>
    /// <param name="purpose">Why it goes there.</param>
    public string Issue(
        ServiceSnapshot snapshot,
        ServiceCounters? counters,
        Baggage baggage,
        string release,
        Purpose purpose
    )
    {
        if (baggage.Empty)
        {
            return snapshot.PinKeys.Count > 0 ? Signed(snapshot, release, purpose).Baggage : "";
        }

        var tokens = new List<string>(1);
        foreach (string token in baggage.Pins)
        {
            Pin? pin = Pin.Verify(token, snapshot.PinKeys, time.GetUtcNow());
            if (pin is null && counters is not null)
            {
                Interlocked.Increment(ref counters.PinsStripped);
            }
            else if (pin is not null && pin.Service != snapshot.Service.Name)
            {
                tokens.Add(token);
            }
        }

        if (snapshot.PinKeys.Count > 0)
        {
            tokens.Add(Signed(snapshot, release, purpose).Token);
        }

        return baggage.With(tokens);
    }

    /// <summary>The valid pin of this service; null when the request has none, or has two that disagree.</summary>
    public Pin? Check(ServiceSnapshot snapshot, ServiceCounters counters, Baggage baggage)
    {
        Pin? found = null;
        foreach (string token in baggage.Pins)
        {
            Pin? pin = Pin.Verify(token, snapshot.PinKeys, time.GetUtcNow());
            if (pin is null)
            {
                Interlocked.Increment(ref counters.PinsStripped);
            }
            else if (pin.Service == snapshot.Service.Name)
            {
                if (found is not null && found.Release != pin.Release)
                {
                    return null;
                }

                found = pin;
            }
        }

        return found;
    }

    /// <summary>The baggage of a hop as it goes on: every pin that verifies, nothing that does not.</summary>
    public string Pass(ServiceSnapshot snapshot, Baggage baggage) =>
        baggage.With(baggage.Pins.Where(t => Pin.Verify(t, snapshot.PinKeys, time.GetUtcNow()) is not null));

    // A pin names no request, so those of one second are one and the same and need signing once.
    private Issued Signed(ServiceSnapshot snapshot, string release, Purpose purpose)
    {
        long second = time.GetUtcNow().ToUnixTimeSeconds();
        (string, string, Purpose) key = (snapshot.Service.Name, release, purpose);
        if (
            _issued.TryGetValue(key, out Issued? known)
            && ReferenceEquals(known.Snapshot, snapshot)
            && known.Second == second
        )
        {
            return known;
        }

        DateTimeOffset expires = DateTimeOffset.FromUnixTimeSeconds(second) + Lifetime;
        string token = new Pin(snapshot.Service.Name, release, snapshot.Epoch, purpose, expires).Sign(
            snapshot.PinKeys[0]
        );
        if (_issued.Count >= MostIssued)
        {
            _issued.Clear();
        }

        return _issued[key] = new Issued(snapshot, second, token);
    }

    private sealed record Issued(ServiceSnapshot Snapshot, long Second, string Token)
    {
        /// <summary>The whole baggage of a request that has none of its own.</summary>
        public string Baggage { get; } = Forwarding.Baggage.Pinned(Token);
    }
}
