using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>
/// What "take this service back" means when no rollout is open. Two people press the same button within a minute; the
/// second press must neither bring the sick release back nor go one release further back than anybody wanted.
/// </summary>
public static class ServiceRollback
{
    /// <summary>So long after a rollback another one is taken for the second press of the same button.</summary>
    public static readonly TimeSpan SecondPress = TimeSpan.FromMinutes(10);

    /// <summary>Whether a plan takes a service back.</summary>
    public static bool Is(RolloutPlan plan) => plan.Undoes is not null;

    /// <summary>The rollout that has to be undone, or why there is none.</summary>
    /// <param name="service">The service.</param>
    /// <param name="rollouts">All rollouts; those of other services do not count.</param>
    /// <param name="now">The time.</param>
    public static Result<RolloutState> Undoes(
        string service,
        IReadOnlyCollection<RolloutState> rollouts,
        DateTimeOffset now
    )
    {
        var own = rollouts.Where(r => r.Plan.Service == service).ToList();
        RolloutState? back = own.Where(r => r.Status == RolloutStatus.RolledBack && !Is(r.Plan)).MaxBy(r => r.EndedAt);
        RolloutState? last = own.Where(r => r.Status == RolloutStatus.Succeeded).MaxBy(r => r.EndedAt);
        bool newer = back is not null && (last is null || back.EndedAt > last.EndedAt);
        if (newer && now - back!.EndedAt < SecondPress)
        {
            return Already(back, back.From);
        }

        return last is null
                ? new Problem("nothing-to-roll-back", $"'{service}' has had no rollout that could be undone.")
            : Is(last.Plan) ? Already(last, last.Plan.To)
            : last;
    }

    /// <summary>The plan that brings a service back to the release before a rollout that has succeeded.</summary>
    public static RolloutPlan PlanOf(RolloutState last) =>
        last.Plan with
        {
            Name = $"{last.Plan.Name}-undo",
            Undoes = last.Id,
            To = last.From,
            Strategy = Strategy.Cutover,
            Phases = SingleStack.Is(last.Plan)
                ? [Switch() with { Stack = StackUse.Single }, new Phase.Retire(TimeSpan.FromHours(24))]
                :
                [
                    new Phase.Start(TimeSpan.FromMinutes(2)),
                    .. last.KeepOldUntil is null ? [new Phase.Warm(WarmRequests)] : (Phase[])[],
                    Switch(),
                    new Phase.Retire(TimeSpan.FromHours(24)),
                ],
        };

    // A release that was stopped since has gone cold; a few hundred requests show its code and caches what comes.
    private const int WarmRequests = 200;

    private static Phase.Switch Switch() => new(Effects.DefaultHold, DrainMode.Dispatch);

    private static Problem Already(RolloutState done, string release)
    {
        string at = done.EndedAt is { } ended ? FormattableString.Invariant($" at {ended:u}") : "";
        return new Problem(
            "conflict",
            $"'{done.Plan.Service}' was taken back to {release} already, by {done.Id}{at}; nothing was changed."
        )
        {
            Fix = $"For another release: handover rollout start {done.Plan.Service} --to RELEASE --strategy cutover.",
        };
    }
}
