using Handover.Core.Contracts;

namespace Handover.Core.Rollouts;

/// <summary>
/// What follows when features, an index or a consumer do not agree with the candidate. Others can still do their part,
/// so it is waited for; it ends a rollout only where the plan says so and the candidate is on its way already.
/// </summary>
public static partial class Decider
{
    private static IReadOnlyList<RolloutEvent> WaitedTooLong(RolloutState s, DateTimeOffset now) =>
        s is { Status: RolloutStatus.Holding, Disagreements.Count: > 0, WaitsForWindow: false }
        && s.Plan.WhenInconclusive == Inconclusive.Rollback
        && now - s.ProgressAt > s.Plan.Deadline
            ? [new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, s.Disagreements[0])]
            : Nothing;

    private static IReadOnlyList<RolloutEvent> OnAgreed(
        RolloutState s,
        IReadOnlyList<Disagreement> found,
        DateTimeOffset now
    )
    {
        // A service that is closed must open again, on whichever release; whoever disagrees is heard after that.
        if (!s.Open || s.RollbackReason is not null || s.Status == RolloutStatus.Pending || s.Closed is not null)
        {
            return Nothing;
        }

        if (s.Tracks.Count > 0)
        {
            // What one segment waits for stops that segment only.
            Disagreement[] all = [.. found.Where(d => d.Segment is null)];
            return [.. OnTrackWindows(s, found, now), .. OnAgreed(s with { Tracks = [] }, all, now)];
        }

        if (found.Count == 0)
        {
            return s.Disagreements.Count == 0 ? Nothing : [new RolloutEvent.AgreementReached(now)];
        }

        string[] reasons = [.. found.Select(d => d.Text)];
        if (s.Disagreements.SequenceEqual(reasons, StringComparer.Ordinal))
        {
            return Nothing;
        }

        var lost = new RolloutEvent.AgreementLost(now, reasons)
        {
            OnlyWindow = found.All(d => d.Kind == DisagreementKind.Window),
        };
        Disagreement? broken = found.FirstOrDefault(d =>
            d.Kind is not (DisagreementKind.Acknowledgement or DisagreementKind.Window)
        );
        return broken is not null && s.Plan.WhenDisagreed == WhenDisagreed.Rollback && s.Phase is not Phase.Verify
            ? [lost, new RolloutEvent.RollbackDecided(now, RolloutEvent.Engine, broken.Text)]
            : [lost];
    }
}
