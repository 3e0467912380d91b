using Handover.Core.Foundation;
using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>What a move would cost callers now: how many requests it would hold, and for how long.</summary>
/// <param name="Requests">Expected number of requests that arrive while their slice is held.</param>
/// <param name="Longest">Longest wait that is expected of one of them; never more than the hold's bound.</param>
/// <param name="Slice">Part of all entities that moves.</param>
/// <param name="Drain">What would become of requests in flight.</param>
public sealed record HoldForecast(double Requests, TimeSpan Longest, Ratio Slice, DrainChoice Drain)
{
    /// <summary>
    /// What a hold takes besides draining where no move was measured yet: two writes and two messages.
    /// </summary>
    public static readonly TimeSpan UsualProtocol = TimeSpan.FromMilliseconds(10);

    /// <summary>One line for people.</summary>
    public string Text =>
        FormattableString.Invariant(
            $"would hold {Slice} of entities, about {Requests:0.#} requests, for at most {Longest.TotalMilliseconds:0.#} ms; {Drain.Text}"
        );

    /// <summary>
    /// The forecast. Arrivals do not depend on the hold, so their expected number is rate x slice x time held.
    /// </summary>
    /// <param name="rate">Live requests per second now.</param>
    /// <param name="slice">Part of all entities that moves.</param>
    /// <param name="p99Ms">99th percentile of stable's latency in ms; null when not known.</param>
    /// <param name="asked">The plan's drain; null is <c>auto</c>.</param>
    /// <param name="hold">Bound of the hold.</param>
    /// <param name="protocol">What the last move of the service took besides draining.</param>
    public static HoldForecast Of(
        double rate,
        Ratio slice,
        double? p99Ms,
        DrainMode? asked,
        TimeSpan hold,
        TimeSpan protocol
    )
    {
        var drain = DrainChoice.Of(asked, p99Ms, hold);
        TimeSpan flight =
            drain.Mode == DrainMode.Atomic ? TimeSpan.FromMilliseconds(p99Ms ?? hold.TotalMilliseconds) : TimeSpan.Zero;
        TimeSpan longest = protocol + flight < hold ? protocol + flight : hold;
        return new HoldForecast(rate * slice.Value * longest.TotalSeconds, longest, slice, drain);
    }
}
