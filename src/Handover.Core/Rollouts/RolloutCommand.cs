using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>What the decider is told: what a person wants, or what an effect came to. A closed family.</summary>
public abstract record RolloutCommand
{
    private RolloutCommand() { }

    /// <summary>
    /// Begin a rollout. Segments are resolved here, so that the rollout never changes its mind about them.
    /// </summary>
    public sealed record Begin(
        string Id,
        RolloutPlan Plan,
        string From,
        Impact Impact,
        IReadOnlyList<Segment> Segments,
        string Actor
    ) : RolloutCommand
    {
        /// <summary>Longest interruption that the service allows.</summary>
        public TimeSpan DowntimeAllowed { get; init; }

        /// <summary>Digests of the files that the release that serves runs from; empty when not known.</summary>
        public IReadOnlyDictionary<string, string> Artefacts { get; init; } = new Dictionary<string, string>();
    }

    /// <summary>Time has passed.</summary>
    public sealed record Tick : RolloutCommand;

    /// <summary>The checks of <c>verify</c> are done; no refusals means that the rollout may go on.</summary>
    public sealed record Verified(IReadOnlyList<string> Refusals) : RolloutCommand
    {
        /// <summary>What others have still to do before the rollout may go on; empty when nothing.</summary>
        public IReadOnlyList<Disagreement> Awaited { get; init; } = [];
    }

    /// <summary>Feature stores, indexes and consumers were asked again; empty means that all agree.</summary>
    public sealed record Agreed(IReadOnlyList<Disagreement> Found) : RolloutCommand;

    /// <summary>
    /// The candidate's stack is ready; findings say where what it serves differs from what it declares.
    /// </summary>
    public sealed record StackReady(IReadOnlyList<string> Findings) : RolloutCommand
    {
        /// <summary>Which release; null is the candidate.</summary>
        public string? Release { get; init; }

        /// <summary>Digests of the files that it runs from; empty when not known.</summary>
        public IReadOnlyDictionary<string, string> Artefacts { get; init; } = new Dictionary<string, string>();
    }

    /// <summary>The candidate's stack cannot be started.</summary>
    public sealed record StackFailed(string Reason) : RolloutCommand
    {
        /// <summary>Which release; null is the candidate.</summary>
        public string? Release { get; init; }
    }

    /// <summary>Nothing of the release runs any more.</summary>
    public sealed record StackStopped(string Release) : RolloutCommand;

    /// <summary>Stable's 95th percentile at the load of warming, in milliseconds.</summary>
    public sealed record StableMeasured(double P95Ms) : RolloutCommand;

    /// <summary>The service may not be closed now, for these reasons (no window, a freeze, memory).</summary>
    public sealed record ClosingRefused(IReadOnlyList<string> Reasons) : RolloutCommand;

    /// <summary>What callers saw of the closing is known.</summary>
    public sealed record InterruptionMeasured(SeenInterruption Interruption) : RolloutCommand;

    /// <summary>Warming ended: converged, or refused for these reasons.</summary>
    public sealed record Warmed(IReadOnlyList<string> Refusals, string Summary) : RolloutCommand
    {
        /// <summary>The latency curve, window by window.</summary>
        public IReadOnlyList<WarmPoint> Curve { get; init; } = [];
    }

    /// <summary>A move of this rollout committed.</summary>
    public sealed record MoveCommitted(long Epoch, MoveTarget Target, TimeSpan Held) : RolloutCommand
    {
        /// <summary>What became of requests in flight; null when nothing had to move.</summary>
        public DrainChoice? Drain { get; init; }
    }

    /// <summary>A move of this rollout was given up.</summary>
    public sealed record MoveFailed(MoveTarget Target, string Reason) : RolloutCommand;

    /// <summary>The gates were asked.</summary>
    public sealed record Judged(Verdict Verdict) : RolloutCommand
    {
        /// <summary>For whose shift, where segments move independently; null for the active phase.</summary>
        public string? Segment { get; init; }
    }

    /// <summary>A segment that may go back alone is harmed, by evidence of its own.</summary>
    public sealed record SegmentHarmed(string Segment, Verdict Verdict) : RolloutCommand;

    /// <summary>A person: take one segment back to stable alone.</summary>
    public sealed record TakeBack(string Segment, string Reason, string Actor) : RolloutCommand;

    /// <summary>A person: bring a segment in again that was taken back alone.</summary>
    public sealed record Readmit(string Segment, string Actor) : RolloutCommand;

    /// <summary>The old release was stopped after its time.</summary>
    public sealed record OldStopped : RolloutCommand;

    /// <summary>A person: leave the phase now; full goes to the end without waiting between.</summary>
    public sealed record Promote(bool Full, string Actor) : RolloutCommand
    {
        /// <summary>Whose shift, where segments move independently; null when that is clear.</summary>
        public string? Segment { get; init; }
    }

    /// <summary>A person: set the candidate's share.</summary>
    public sealed record SetShare(Share Share, string Actor) : RolloutCommand;

    /// <summary>A person: stop where it is.</summary>
    public sealed record Pause(string Actor) : RolloutCommand
    {
        /// <summary>Only this segment, where segments move independently; null for the rollout.</summary>
        public string? Segment { get; init; }
    }

    /// <summary>A person: go on.</summary>
    public sealed record Resume(string Actor) : RolloutCommand
    {
        /// <summary>Only this segment, where segments move independently; null for the rollout.</summary>
        public string? Segment { get; init; }
    }

    /// <summary>A person: approve 100 %.</summary>
    public sealed record Approve(string Actor) : RolloutCommand;

    /// <summary>A person or the engine: take everything back.</summary>
    public sealed record Rollback(string Reason, string Actor) : RolloutCommand;

    /// <summary>A person: try again after a failed move or a passed deadline.</summary>
    public sealed record Retry(string Actor) : RolloutCommand;
}
