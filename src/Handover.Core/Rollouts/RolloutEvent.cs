using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>
/// What happened to a rollout. Appended and fsynced before anything acts on it; the state is the fold of these and
/// nothing else. A closed family; each knows the line that people read.
/// </summary>
/// <param name="At">When it was decided.</param>
/// <param name="Actor">Who decided; <c>engine</c> when nobody.</param>
public abstract record RolloutEvent(DateTimeOffset At, string Actor)
{
    /// <summary>One line for people.</summary>
    public abstract string Text { get; }

    /// <summary>The rollout exists.</summary>
    public sealed record Started(
        DateTimeOffset At,
        string Actor,
        string Id,
        RolloutPlan Plan,
        string From,
        Impact Impact,
        IReadOnlyList<Segment> Segments
    ) : RolloutEvent(At, Actor)
    {
        /// <summary>Longest interruption that the service allowed when it started.</summary>
        public TimeSpan DowntimeAllowed { get; init; }

        /// <inheritdoc/>
        public override string Text => $"{Plan.Service}: {From} -> {Plan.To} by {Plan.Strategy}".ToLowerInvariant();
    }

    /// <summary>
    /// A release runs from these files, SHA-256 by name: started again, it must be the same ones.
    /// </summary>
    public sealed record Frozen(DateTimeOffset At, string Release, IReadOnlyDictionary<string, string> Artefacts)
        : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"{Release} is frozen: {string.Join(", ", Files)}";

        private IEnumerable<string> Files =>
            Artefacts.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key} sha256 {f.Value}");
    }

    /// <summary>A phase became the active one.</summary>
    public sealed record PhaseEntered(DateTimeOffset At, int Index, string Kind) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"phase {Index + 1}: {Kind}";
    }

    /// <summary>The active phase did what it had to do and gathers evidence from now on.</summary>
    public sealed record Settled(DateTimeOffset At, string Why) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => Why;
    }

    /// <summary>A move committed.</summary>
    public sealed record Moved(
        DateTimeOffset At,
        long Epoch,
        Share Share,
        IReadOnlyDictionary<string, Share> SegmentShares,
        TimeSpan Held
    ) : RolloutEvent(At, Engine)
    {
        /// <summary>What became of requests in flight; null when nothing had to move.</summary>
        public DrainChoice? Drain { get; init; }

        /// <summary>Segments that are on stable alone.</summary>
        public IReadOnlyList<string> Barred { get; init; } = [];

        /// <inheritdoc/>
        public override string Text =>
            FormattableString.Invariant(
                $"epoch {Epoch}: the candidate has {Share} of all{Segments()}; held for {Held.TotalMilliseconds:0.#} ms"
            ) + (Drain is null ? "" : $"; {Drain.Text}");

        private string Segments() =>
            string.Concat(
                SegmentShares.Select(s => Barred.Contains(s.Key) ? $", none of {s.Key}" : $" and {s.Value} of {s.Key}")
            );
    }

    /// <summary>The service is closed: nobody is served until it is opened again.</summary>
    public sealed record Closed(DateTimeOffset At, long Epoch, string Serving, TimeSpan Held) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text =>
            FormattableString.Invariant(
                $"epoch {Epoch}: closed on {Serving}; requests wait ({Held.TotalMilliseconds:0.#} ms to close)"
            );
    }

    /// <summary>Stable's latency at the load of warming was measured, before it has to stop.</summary>
    public sealed record StableMeasured(DateTimeOffset At, double P95Ms) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => FormattableString.Invariant($"stable's p95 is {P95Ms:0.0} ms");
    }

    /// <summary>A release was stopped to make room for the other.</summary>
    public sealed record StackStopped(DateTimeOffset At, string Release) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"{Release} has stopped";
    }

    /// <summary>A release is ready while the service is closed.</summary>
    public sealed record StackStarted(DateTimeOffset At, string Release) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"{Release} is ready";
    }

    /// <summary>A warm-up ended; what it showed is kept.</summary>
    public sealed record Warmed(DateTimeOffset At, string Summary) : RolloutEvent(At, Engine)
    {
        /// <summary>The latency curve, window by window.</summary>
        public IReadOnlyList<WarmPoint> Curve { get; init; } = [];

        /// <inheritdoc/>
        public override string Text => Summary;
    }

    /// <summary>What callers saw of a closing.</summary>
    public sealed record Interrupted(DateTimeOffset At, SeenInterruption Interruption) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => Interruption.Text;
    }

    /// <summary>A move was given up; it is tried again.</summary>
    public sealed record MoveGivenUp(DateTimeOffset At, string Reason) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"move not done: {Reason}";
    }

    /// <summary>The gates changed their mind.</summary>
    public sealed record VerdictReached(DateTimeOffset At, Verdict Verdict) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"{Verdict.Outcome}: {Verdict.Reasons[0]}".ToLowerInvariant();
    }

    /// <summary>The active phase is over.</summary>
    public sealed record PhaseCompleted(DateTimeOffset At, string Actor, int Index, string Why)
        : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"phase {Index + 1} done: {Why}";
    }

    /// <summary>The rollout waits for a person, and says for what.</summary>
    public sealed record HoldBegan(DateTimeOffset At, string Reason) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"holding: {Reason}";
    }

    /// <summary>What it waited for has come.</summary>
    public sealed record HoldEnded(DateTimeOffset At, string Actor) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => "goes on";
    }

    /// <summary>A segment that moves independently stays where it is; the others go on.</summary>
    public sealed record TrackWaits(DateTimeOffset At, string Actor, string Segment, string Reason)
        : RolloutEvent(At, Actor)
    {
        /// <summary>Whether it goes on only when a person says so; else it does when its window opens.</summary>
        public bool NeedsPerson { get; init; }

        /// <inheritdoc/>
        public override string Text => $"{Segment} waits: {Reason}";
    }

    /// <summary>A segment that moves independently goes on.</summary>
    public sealed record TrackGoes(DateTimeOffset At, string Actor, string Segment) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"{Segment} goes on";
    }

    /// <summary>Somebody around the model does not agree with the candidate: nothing moves until they do.</summary>
    public sealed record AgreementLost(DateTimeOffset At, IReadOnlyList<string> Reasons) : RolloutEvent(At, Engine)
    {
        /// <summary>Whether only a window of the plan is waited for.</summary>
        public bool OnlyWindow { get; init; }

        /// <inheritdoc/>
        public override string Text =>
            $"waits for {(OnlyWindow ? "its window" : "agreement")}: {string.Join("; ", Reasons)}";
    }

    /// <summary>Everybody around the model agrees again.</summary>
    public sealed record AgreementReached(DateTimeOffset At) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => "nothing around the model is in the way";
    }

    /// <summary>A segment must go back to stable alone: recorded before the move that does it.</summary>
    public sealed record SegmentTakenBack(DateTimeOffset At, string Segment, string Reason) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"roll back {Segment} alone: {Reason}";
    }

    /// <summary>A person brings a segment in again that was taken back alone.</summary>
    public sealed record SegmentReadmitted(DateTimeOffset At, string Actor, string Segment) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"{Actor} brings {Segment} in again";
    }

    /// <summary>A person stopped it where it is.</summary>
    public sealed record Paused(DateTimeOffset At, string Actor) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"paused by {Actor}";
    }

    /// <summary>A person let it go on.</summary>
    public sealed record Resumed(DateTimeOffset At, string Actor) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"resumed by {Actor}";
    }

    /// <summary>A person approved.</summary>
    public sealed record Approved(DateTimeOffset At, string Actor) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"approved by {Actor}";
    }

    /// <summary>A person wishes another share.</summary>
    public sealed record ShareWished(DateTimeOffset At, string Actor, Share Share) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"{Actor} sets the share to {Share}";
    }

    /// <summary>A person wants the end without waiting between.</summary>
    public sealed record PromotedFully(DateTimeOffset At, string Actor) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"{Actor} promotes to the end";
    }

    /// <summary>Everything must go back: recorded before the move that does it.</summary>
    public sealed record RollbackDecided(DateTimeOffset At, string Actor, string Reason) : RolloutEvent(At, Actor)
    {
        /// <inheritdoc/>
        public override string Text => $"roll back: {Reason}";
    }

    /// <summary>Everything went back. The epoch is that of the move, or 0 when the candidate never served.</summary>
    public sealed record RolledBack(DateTimeOffset At, long Epoch) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text =>
            Epoch == 0 ? "rolled back; the candidate never served" : $"epoch {Epoch}: rolled back";
    }

    /// <summary>The rollout may not begin.</summary>
    public sealed record Refused(DateTimeOffset At, IReadOnlyList<string> Reasons) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"refused: {string.Join("; ", Reasons)}";
    }

    /// <summary>The rollout cannot go on; the candidate never served.</summary>
    public sealed record Failed(DateTimeOffset At, string Reason) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"failed: {Reason}";
    }

    /// <summary>
    /// The candidate is the stable release now; the old one is kept until <paramref name="KeepUntil"/>.
    /// </summary>
    public sealed record Succeeded(DateTimeOffset At, DateTimeOffset KeepUntil) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => $"succeeded; the old release is kept until {KeepUntil:u}";
    }

    /// <summary>The old release is kept no longer; where it was kept running it was stopped.</summary>
    public sealed record OldStopped(DateTimeOffset At) : RolloutEvent(At, Engine)
    {
        /// <inheritdoc/>
        public override string Text => "the old release is no longer kept";
    }

    /// <summary>The actor of everything that no person did.</summary>
    public const string Engine = "engine";
}
