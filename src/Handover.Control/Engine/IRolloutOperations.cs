using Handover.Control.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>
/// What people (through the API) may ask of the engine. Every change is persisted before the call returns.
/// </summary>
public interface IRolloutOperations
{
    /// <summary>
    /// Starts a rollout; refused with a problem when one is open for the service or the plan cannot work.
    /// </summary>
    Task<Result<RolloutSnapshot>> StartAsync(RolloutPlan plan, string actor, CancellationToken cancel);

    /// <summary>
    /// The rollout that the plan would start, and how it would go on; refused with what would refuse the start. Changes
    /// nothing.
    /// </summary>
    Task<Result<RolloutSnapshot>> ForecastAsync(RolloutPlan plan, CancellationToken cancel);

    /// <summary>All rollouts, newest first; only those of <paramref name="service"/> when it is given.</summary>
    IReadOnlyList<RolloutSnapshot> List(string? service);

    /// <summary>
    /// The same in the same order, without history and outlook: for what is asked often and needs neither.
    /// </summary>
    IReadOnlyList<RolloutState> States(string? service);

    /// <summary>One rollout by id, or the newest of a plan by the plan's name; null when there is none.</summary>
    RolloutSnapshot? Find(string idOrName);

    /// <summary>Gives a rollout a command; <c>conflict</c> when its state does not allow it.</summary>
    Task<Result<RolloutSnapshot>> CommandAsync(string id, UserCommand command, string actor, CancellationToken cancel);

    /// <summary>
    /// Takes a service back: rolls an open rollout back, or moves to the release before the last successful one while
    /// it is kept. Returns once the move is committed.
    /// </summary>
    Task<Result<RolloutSnapshot>> RollbackServiceAsync(string service, string actor, CancellationToken cancel);

    /// <summary>
    /// What the next move of a rollout would cost callers now, or the move to <paramref name="share"/>.
    /// </summary>
    Result<HoldForecast> ForecastHold(string id, Share? share);

    /// <summary>Raised with the rollout's id after each change. Handlers must not block.</summary>
    event Action<string>? Changed;
}

/// <summary>What a person may tell a rollout.</summary>
public abstract record UserCommand
{
    private UserCommand() { }

    /// <summary>
    /// Leave the phase now; <paramref name="Full"/> goes to 100 % without waiting in the phases between.
    /// </summary>
    /// <param name="Full">Whether to the end.</param>
    /// <param name="Segment">Whose shift, where segments move independently; null when that is clear.</param>
    public sealed record Promote(bool Full, string? Segment = null) : UserCommand;

    /// <summary>Set the candidate's share.</summary>
    public sealed record SetShare(Share Share) : UserCommand;

    /// <summary>Stop where it is; only one segment where segments move independently.</summary>
    public sealed record Pause(string? Segment = null) : UserCommand;

    /// <summary>Go on.</summary>
    public sealed record Resume(string? Segment = null) : UserCommand;

    /// <summary>Approve; refused from the token that started the rollout.</summary>
    public sealed record Approve : UserCommand;

    /// <summary>Take everything back.</summary>
    public sealed record Rollback(string Reason) : UserCommand;

    /// <summary>Take one segment back alone.</summary>
    public sealed record TakeBack(string Segment, string Reason) : UserCommand;

    /// <summary>Bring a segment in again that was taken back alone.</summary>
    public sealed record Readmit(string Segment) : UserCommand;

    /// <summary>Try again after a failure.</summary>
    public sealed record Retry : UserCommand;
}

/// <summary>A rollout as it is now, with its history.</summary>
/// <param name="State">The folded state.</param>
/// <param name="Events">What happened, oldest first.</param>
/// <param name="Forecast">When it should end at current traffic; null when that cannot be said.</param>
public sealed record RolloutSnapshot(
    RolloutState State,
    IReadOnlyList<RolloutHistoryEntry> Events,
    DateTimeOffset? Forecast
)
{
    /// <summary>How it will go on, by metric, and what it costs; null when nobody looked ahead.</summary>
    public RolloutOutlook? Outlook { get; init; }

    /// <summary>What each segment saw; empty while the plan names none.</summary>
    public IReadOnlyList<SegmentReading> Segments { get; init; } = [];

    /// <summary>What a rollback would be now; null when this rollout is not the one that would be taken back.</summary>
    public RollbackReadiness? Readiness { get; init; }
}

/// <summary>How a rollout will go on if traffic stays as it is.</summary>
/// <param name="Gates">Times by metric, and which one decides; null once it has ended or goes back.</param>
/// <param name="Cost">What it costs beyond stable; null when that is not declared.</param>
/// <param name="RequestsPerSecond">The traffic that was reckoned with.</param>
public sealed record RolloutOutlook(GateForecast? Gates, RolloutCost? Cost, double RequestsPerSecond)
{
    /// <summary>What each move of a rollout that has not started would hold, in order.</summary>
    public IReadOnlyList<HoldAhead> Holds { get; init; } = [];

    /// <summary>What its checks would say now; null for one that has started, which has been checked.</summary>
    public ChecksAhead? Checks { get; init; }
}

/// <summary>What would become of a rollout that started now.</summary>
/// <param name="Refusals">Why it would be refused; empty when it would not.</param>
/// <param name="Awaited">What others would have to do before it went on; empty when nothing.</param>
/// <param name="Around">What everybody who must agree says now, a line for each.</param>
public sealed record ChecksAhead(
    IReadOnlyList<string> Refusals,
    IReadOnlyList<string> Awaited,
    IReadOnlyList<string> Around
);

/// <summary>What one move to come would hold.</summary>
/// <param name="Phase">The phase that moves.</param>
/// <param name="Hold">How many requests, and for how long, at the traffic of now.</param>
public sealed record HoldAhead(Phase Phase, HoldForecast Hold);

/// <summary>One thing that happened.</summary>
/// <param name="Seq">Number within the rollout, from 1.</param>
/// <param name="At">When.</param>
/// <param name="Kind">Event name in camel case.</param>
/// <param name="Text">One line for people.</param>
/// <param name="Actor">Who; <c>engine</c> when nobody.</param>
public sealed record RolloutHistoryEntry(long Seq, DateTimeOffset At, string Kind, string Text, string Actor);
