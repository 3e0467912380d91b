using Handover.Core.Foundation;
using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>One step of a plan: gathers evidence or makes a move. A closed family of eight.</summary>
public abstract record Phase
{
    private Phase() { }

    /// <summary>The phase's name on the wire and in files.</summary>
    public string Kind => GetType().Name.ToLowerInvariant();

    /// <summary>Contracts, signatures and capacity are checked; nothing runs yet.</summary>
    public sealed record Verify : Phase;

    /// <summary>The candidate's members are started, and what they declare is compared with what they serve.</summary>
    /// <param name="Timeout">How long it may take. Default 2 min.</param>
    public sealed record Start(TimeSpan Timeout) : Phase;

    /// <summary>
    /// Recorded requests are replayed until latency has converged and the answers hold the contracts.
    /// </summary>
    /// <param name="Requests">Requests per window; at least 20. Default 500.</param>
    public sealed record Warm(int Requests) : Phase;

    /// <summary>Live requests are copied to the candidate; its answers are compared and thrown away.</summary>
    /// <param name="Share">Share of requests that are copied.</param>
    /// <param name="Pairs">Least number of compared pairs.</param>
    public sealed record Shadow(Share Share, int Pairs) : Phase
    {
        /// <summary>
        /// Share of the copied requests about which stable is asked a second time, so that its own noise is told from
        /// a difference. Default 10 %.
        /// </summary>
        public Share Redraw { get; init; } = Share.FromPercent(10);
    }

    /// <summary>The candidate's share grows to <paramref name="Share"/>, for everybody or for one segment.</summary>
    /// <param name="Share">The share after the move.</param>
    /// <param name="Segment">The segment; null for everybody.</param>
    /// <param name="For">Least time in the phase.</param>
    /// <param name="Requests">Least number of candidate requests in the phase.</param>
    public sealed record Shift(Share Share, string? Segment, TimeSpan For, long Requests) : Phase;

    /// <summary>Everything goes to the candidate at one instant.</summary>
    /// <param name="Hold">Bound of the hold, 50 ms to 2 s. Default 400 ms.</param>
    /// <param name="Drain">What happens to requests in flight; null chooses by the slice's p99.</param>
    public sealed record Switch(TimeSpan Hold, DrainMode? Drain) : Phase
    {
        /// <summary>Whether both releases run side by side. Default double.</summary>
        public StackUse Stack { get; init; } = StackUse.Double;

        /// <summary>With one stack: how long the candidate may take to start while the service is closed.</summary>
        public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(2);

        /// <summary>
        /// With one stack: recorded requests per window of the warm-up while the service is closed; 0 warms nothing.
        /// </summary>
        public int WarmRequests { get; init; }
    }

    /// <summary>Everybody is on the candidate; stable is kept warm while objectives are watched.</summary>
    /// <param name="For">Time in the phase.</param>
    public sealed record Bake(TimeSpan For) : Phase;

    /// <summary>The rollout has succeeded; the old release is kept for <paramref name="Keep"/>, then stopped.</summary>
    /// <param name="Keep">How long a rollback stays one move. Default 24 h.</param>
    public sealed record Retire(TimeSpan Keep) : Phase;
}

/// <summary>How many releases run at a switch.</summary>
public enum StackUse
{
    /// <summary>
    /// Make before break: the candidate is up and warm before anything moves; callers wait milliseconds.
    /// </summary>
    Double,

    /// <summary>
    /// Break before make, where two releases don't fit: the service is closed, the old release stops, the candidate
    /// starts, the service opens on it. Callers wait for a start.
    /// </summary>
    Single,
}
