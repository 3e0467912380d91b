using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>
/// A rollout, folded from its events. Everything the engine does next is derived from this value and nothing else, so
/// that a restart goes on where the last event was written.
/// </summary>
public sealed record RolloutState
{
    /// <summary><c>PLAN.N</c>, unique.</summary>
    public required string Id { get; init; }

    /// <summary>The plan, as it was when the rollout started.</summary>
    public required RolloutPlan Plan { get; init; }

    /// <summary>The release that served when the rollout started.</summary>
    public required string From { get; init; }

    /// <summary>Who started it.</summary>
    public required string StartedBy { get; init; }

    /// <summary>The segments that the plan names, as they were when it started.</summary>
    public IReadOnlyList<Segment> Segments { get; init; } = [];

    /// <summary>The service's impact when it started.</summary>
    public Impact Impact { get; init; } = Impact.Low;

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Where it stands.</summary>
    public RolloutStatus Status { get; init; } = RolloutStatus.Pending;

    /// <summary>Index into the plan's phases of the phase that is active.</summary>
    public int PhaseIndex { get; init; }

    /// <summary>
    /// Where each segment stands while segments move independently; empty in every other phase. The active phase is
    /// then the first that is active for a segment.
    /// </summary>
    public IReadOnlyList<Track> Tracks { get; init; } = [];

    /// <summary>When the active phase was entered.</summary>
    public DateTimeOffset PhaseEnteredAt { get; init; }

    /// <summary>When something last went forward; the deadline counts from here.</summary>
    public DateTimeOffset ProgressAt { get; init; }

    /// <summary>
    /// Whether the active phase's move (or start, or check) is done and it gathers evidence. With tracks: whether none
    /// of them wants a move.
    /// </summary>
    public bool PhaseSettled { get; init; }

    /// <summary>Share of all entities that the candidate serves, as last committed.</summary>
    public Share Share { get; init; } = Share.None;

    /// <summary>Shares of segments, as last committed.</summary>
    public IReadOnlyDictionary<string, Share> SegmentShares { get; init; } = new Dictionary<string, Share>();

    /// <summary>
    /// Segments that must be on stable although the others are not, each with the reason. Not those of a rollback.
    /// </summary>
    public IReadOnlyDictionary<string, string> TakenBack { get; init; } = new Dictionary<string, string>();

    /// <summary>Segments that are on stable alone, as last committed.</summary>
    public IReadOnlyList<string> BarredInForce { get; init; } = [];

    /// <summary>Segments that a person has brought back; from then on they are judged with everybody else.</summary>
    public IReadOnlyList<string> Readmitted { get; init; } = [];

    /// <summary>Whether it waits for nothing but a window of its own plan, which no deadline shortens.</summary>
    public bool WaitsForWindow { get; init; }

    /// <summary>Epoch of the last committed move; 0 before the first.</summary>
    public long Epoch { get; init; }

    /// <summary>Whether the last committed move put everybody on the candidate for good.</summary>
    public bool Switched { get; init; }

    /// <summary>Share wished by a person beyond the active phase's; null when none is open.</summary>
    public Share? WishedShare { get; init; }

    /// <summary>
    /// Whether all that was asked of the active phase is in force. None ends before, or the share that a person wished
    /// would settle a phase that wants something else.
    /// </summary>
    public bool AllInForce => PhaseSettled && WishedShare is null;

    /// <summary>
    /// Why everything must go back to <see cref="From"/>; null when it need not. Once set it is never unset.
    /// </summary>
    public string? RollbackReason { get; init; }

    /// <summary>Who approved; null when nobody has.</summary>
    public string? ApprovedBy { get; init; }

    /// <summary>Who does not agree with the candidate now, in words; nothing moves forward until it is empty.</summary>
    public IReadOnlyList<string> Disagreements { get; init; } = [];

    /// <summary>Whether a person asked to skip the rest of the phases' waiting.</summary>
    public bool PromoteFully { get; init; }

    /// <summary>Failed attempts of the active phase's move, for back-off.</summary>
    public int MoveFailures { get; init; }

    /// <summary>The last verdict; null before the first.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>Why the rollout stands as it does, in words.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Until when the old release is kept after a success; null before, and once it was stopped.</summary>
    public DateTimeOffset? KeepOldUntil { get; init; }

    /// <summary>
    /// The files of each release as they were when the rollout found it ready, SHA-256 by name: what a rollback or a
    /// restart brings back.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Frozen { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>Longest interruption that the service allowed when the rollout started.</summary>
    public TimeSpan DowntimeAllowed { get; init; }

    /// <summary>Where a switch with one stack stands; null while the service is open.</summary>
    public ClosedState? Closed { get; init; }

    /// <summary>Stable's 95th percentile at the load of warming, in ms; null when it was not measured.</summary>
    public double? StableP95Ms { get; init; }

    /// <summary>The latency curve of the last warm-up; empty before.</summary>
    public IReadOnlyList<WarmPoint> WarmCurve { get; init; } = [];

    /// <summary>A closing that is over and whose interruption is not measured yet; null when there is none.</summary>
    public Reopening? Reopened { get; init; }

    /// <summary>What callers saw of each closing, oldest first.</summary>
    public IReadOnlyList<SeenInterruption> Interruptions { get; init; } = [];

    /// <summary>Number of events so far; the next one gets this plus one.</summary>
    public long Version { get; init; }

    /// <summary>The active phase.</summary>
    public Phase Phase => Plan.Phases[PhaseIndex];

    /// <summary>The segments that are under way, each with a shift of its own.</summary>
    public IEnumerable<Track> OpenTracks => Tracks.Where(t => !t.Done);

    /// <summary>
    /// Whether the phase at an index is completed: also one behind the active phase, where segments move independently.
    /// </summary>
    public bool IsThrough(int index) =>
        index < PhaseIndex
        || Tracks.Any(t =>
            t.Segment == Plan.SegmentAt(index) && (index < t.PhaseIndex || (t.Done && index == t.PhaseIndex))
        );

    /// <summary>The rollout as one segment sees it: its own shift is the active phase, and the only one.</summary>
    public RolloutState Along(Track track) =>
        this with
        {
            Tracks = [],
            PhaseIndex = track.PhaseIndex,
            PhaseEnteredAt = track.EnteredAt,
            PhaseSettled = track.Settled,
            ProgressAt = track.ProgressAt,
        };

    /// <summary>Whether the routing in force does not say yet who is on stable alone.</summary>
    public bool BarPending => TakenBack.Count != BarredInForce.Count || !BarredInForce.All(TakenBack.ContainsKey);

    /// <summary>The segments that are to be on stable alone, in a fixed order.</summary>
    public IReadOnlyList<string> Barred => [.. TakenBack.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Whether it can still change routing.</summary>
    public bool Open => EndedAt is null;
}

/// <summary>Where a rollout stands; camel case on the wire.</summary>
public enum RolloutStatus
{
    /// <summary>Accepted, not begun.</summary>
    Pending,

    /// <summary>Going on by itself.</summary>
    Running,

    /// <summary>
    /// Waiting for evidence that does not come, for an approval, or for a gateway: a person should look.
    /// </summary>
    Holding,

    /// <summary>Stopped by a person.</summary>
    Paused,

    /// <summary>The candidate is the stable release now.</summary>
    Succeeded,

    /// <summary>Everything went back.</summary>
    RolledBack,

    /// <summary>Never began: a contract, a signature or the machine's capacity forbids it.</summary>
    Refused,

    /// <summary>Could not go on, and the candidate never served.</summary>
    Failed,
}
