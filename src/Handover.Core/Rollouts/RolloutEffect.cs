using Handover.Core.Foundation;
using Handover.Core.Moves;

namespace Handover.Core.Rollouts;

/// <summary>
/// What the shell should be doing now. Derived from the state each time, never remembered; safe to repeat. Equal
/// effects are the same work: the shell starts what is new, leaves what is running, and cancels what is no longer
/// wanted.
/// </summary>
public abstract record RolloutEffect
{
    private RolloutEffect() { }

    /// <summary>The release's members should be running.</summary>
    public sealed record KeepStack(string Release) : RolloutEffect;

    /// <summary>Check contracts, signatures and capacity; answer with <c>Verified</c>.</summary>
    public sealed record Verify : RolloutEffect;

    /// <summary>Wait for the candidate's stack; answer with <c>StackReady</c> or <c>StackFailed</c>.</summary>
    public sealed record AwaitStack(string Release, TimeSpan Timeout) : RolloutEffect
    {
        /// <summary>Failures so far, so that a retry is new work and backs off.</summary>
        public int Attempt { get; init; }
    }

    /// <summary>
    /// Wait until nothing of the release runs any more, which nobody wants now; answer with <c>StackStopped</c>.
    /// </summary>
    /// <param name="Release">The release that stops.</param>
    /// <param name="Serving">The release that the closed routing names; the routing is closed before it stops.</param>
    public sealed record StopStack(string Release, string Serving) : RolloutEffect;

    /// <summary>
    /// Measure the release's latency at the load of warming, before the service is closed and it cannot be measured any
    /// more; answer with <c>StableMeasured</c>.
    /// </summary>
    public sealed record MeasureStable(string Release, int Requests) : RolloutEffect;

    /// <summary>
    /// Find out what callers saw of the closing; answer with <c>InterruptionMeasured</c>.
    /// </summary>
    /// <param name="ClosedAt">When the service was closed.</param>
    /// <param name="OpenedAt">When it was opened again.</param>
    public sealed record MeasureInterruption(DateTimeOffset ClosedAt, DateTimeOffset OpenedAt) : RolloutEffect;

    /// <summary>Warm the release; answer with <c>Warmed</c>.</summary>
    public sealed record Warm(string Release, int Requests) : RolloutEffect
    {
        /// <summary>
        /// Stable's 95th percentile at the same load in milliseconds, measured before it stopped; null measures it now.
        /// </summary>
        public double? StableP95Ms { get; init; }
    }

    /// <summary>Copy live requests to the release.</summary>
    public sealed record Mirror(string Release, Share Share) : RolloutEffect
    {
        /// <summary>Share of the copied requests about which stable is asked a second time.</summary>
        public Share Redraw { get; init; } = Share.None;
    }

    /// <summary>Ask the gates about once a second; answer with <c>Judged</c>.</summary>
    public sealed record Judge(int PhaseIndex) : RolloutEffect;

    /// <summary>Make this the routing; answer with <c>MoveCommitted</c> or <c>MoveFailed</c>.</summary>
    /// <param name="Target">The wanted routing.</param>
    /// <param name="Hold">Bound of the hold.</param>
    /// <param name="Drain">Null chooses by the slice's p99.</param>
    /// <param name="Attempt">Failures so far, so that a retry is new work and backs off.</param>
    public sealed record Move(MoveTarget Target, TimeSpan Hold, DrainMode? Drain, int Attempt) : RolloutEffect;

    /// <summary>Stop keeping the old release at this time; answer with <c>OldStopped</c>.</summary>
    public sealed record ForgetOld(DateTimeOffset At) : RolloutEffect;
}
