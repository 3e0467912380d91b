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

    private readonly Issued?[] _issued = new Issued?[64];

    /// <summary>
    /// The baggage of a caller's request with a new pin for its release. Pins that do not verify are taken off and
    /// counted; one of this service is replaced; one of another service goes on, for it belongs to the chain that this
    /// call is part of.
    /// </summary>
    public string Issue(
        ServiceSnapshot snapshot,
        ServiceCounters counters,
        Baggage baggage,
        string release,
        Purpose purpose
    )
    {
        var tokens = new List<string>(1);
        foreach (string token in baggage.Pins)
        {
            Pin? pin = Pin.Verify(token, snapshot.PinKeys, time.GetUtcNow());
            if (pin is null)
            {
                Interlocked.Increment(ref counters.PinsStripped);
            }
            else if (pin.Service != snapshot.Service.Name)
            {
                tokens.Add(token);
            }
        }

        if (snapshot.PinKeys.Count > 0)
        {
            tokens.Add(Signed(snapshot, release, purpose));
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
    private string Signed(ServiceSnapshot snapshot, string release, Purpose purpose)
    {
        long second = time.GetUtcNow().ToUnixTimeSeconds();
        ref Issued? place = ref _issued[
            (uint)HashCode.Combine(snapshot.Service.Name, release, purpose) % (uint)_issued.Length
        ];
        if (
            Volatile.Read(ref place) is { } known
            && ReferenceEquals(known.Snapshot, snapshot)
            && known.Second == second
            && known.Purpose == purpose
            && string.Equals(known.Release, release, StringComparison.Ordinal)
        )
        {
            return known.Token;
        }

        DateTimeOffset expires = DateTimeOffset.FromUnixTimeSeconds(second) + Lifetime;
        string token = new Pin(snapshot.Service.Name, release, snapshot.Epoch, purpose, expires).Sign(
            snapshot.PinKeys[0]
        );
        Volatile.Write(ref place, new Issued(snapshot, release, purpose, second, token));
        return token;
    }

    private sealed record Issued(ServiceSnapshot Snapshot, string Release, Purpose Purpose, long Second, string Token);
}
