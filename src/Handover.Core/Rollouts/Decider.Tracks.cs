using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;

namespace Handover.Core.Rollouts;

/// <summary>
/// Segments that move independently: each goes through its own shifts, by its own least time and requests, and waits
/// alone for its window, its evidence or a person. What comes after them waits for all; harm is everybody's.
/// </summary>
public static partial class Decider
{
    private static IReadOnlyList<RolloutEvent> OnTracks(RolloutState s, DateTimeOffset now)
    {
        if (s.BarPending || s.WishedShare is not null)
        {
            return Nothing;
        }

        var events = new List<RolloutEvent>();
        foreach (Track track in s.OpenTracks)
        {
            RolloutState at = events.Aggregate(s, Evolver.Evolve);
            IReadOnlyList<RolloutEvent> more = OnTrack(at, track, now);
            events.AddRange(more);
            if (more.Any(e => e is RolloutEvent.RollbackDecided))
            {
                break;
            }
        }

        return events;
    }

    private static IReadOnlyList<RolloutEvent> OnTrack(RolloutState s, Track track, DateTimeOffset now)
    {
        if (s.TakenBack.ContainsKey(track.Segment))
        {
            return Advance(s, track, now, RolloutEvent.Engine, $"{track.Segment} is on {s.From} alone");
        }

        if (s.PromoteFully && track.Settled)
        {
            return Advance(s, track, now, RolloutEvent.Engine, "promoted to the end");
        }

        if (track.Waits is not null || now - track.ProgressAt <= s.Plan.Deadline)
        {
            return Nothing;
        }

        string late = $"no progress in the shift of {track.Segment} for {s.Plan.Deadline}";
        return Overdue(s.Along(track), late, now, why => Advance(s, track, now, RolloutEvent.Engine, why))
            ?? [new RolloutEvent.TrackWaits(now, RolloutEvent.Engine, track.Segment, late) { NeedsPerson = true }];
    }

    private static IReadOnlyList<RolloutEvent> OnTrackJudged(
        RolloutState s,
        string segment,
        Verdict verdict,
        DateTimeOffset now
    )
    {
        bool goesOn =
            verdict.Outcome == Outcome.Promote
            && s is { Status: RolloutStatus.Running, RollbackReason: null, WishedShare: null };
        if (goesOn && TrackOf(s, segment) is { Settled: true, NeedsPerson: false } track)
        {
            string why = $"{segment}: {verdict.Reasons[0]}";
            return [.. OnJudged(s, verdict, now), .. Advance(s, track, now, RolloutEvent.Engine, why)];
        }

        // Harm is everybody's. That one may go on is told when it does, or the verdicts of two would take turns.
        return verdict.Outcome == Outcome.Promote ? Nothing : OnJudged(s, verdict, now);
    }

    private static IEnumerable<RolloutEvent> OnTrackWindows(
        RolloutState s,
        IReadOnlyList<Disagreement> found,
        DateTimeOffset now
    )
    {
        foreach (Track track in s.OpenTracks.Where(t => !t.NeedsPerson))
        {
            string? why = found.FirstOrDefault(d => d.Segment == track.Segment)?.Text;
            if (why is not null && why != track.Waits)
            {
                yield return new RolloutEvent.TrackWaits(now, RolloutEvent.Engine, track.Segment, why);
            }
            else if (why is null && track.Waits is not null)
            {
                yield return new RolloutEvent.TrackGoes(now, RolloutEvent.Engine, track.Segment);
            }
        }
    }

    // The segment's next shift; or, when all are through, the phase behind them.
    private static IReadOnlyList<RolloutEvent> Advance(
        RolloutState s,
        Track track,
        DateTimeOffset now,
        string actor,
        string why
    )
    {
        (int _, int end) = s.Plan.TracksAt(track.PhaseIndex)!.Value;
        var completed = new RolloutEvent.PhaseCompleted(now, actor, track.PhaseIndex, why);
        for (int i = track.PhaseIndex + 1; i < end; i++)
        {
            if (s.Plan.SegmentAt(i) == track.Segment)
            {
                return [completed, new RolloutEvent.PhaseEntered(now, i, s.Plan.Phases[i].Kind)];
            }
        }

        return s.OpenTracks.Any(t => t.Segment != track.Segment) ? [completed] : [completed, .. Enter(s, end, now)];
    }

    private static Track? TrackOf(RolloutState s, string? segment) =>
        s.OpenTracks.FirstOrDefault(t => t.Segment == segment);

    private static Result<IReadOnlyList<RolloutEvent>> PromoteTrack(
        RolloutState s,
        RolloutCommand.Promote c,
        DateTimeOffset now
    )
    {
        Track[] open = [.. s.OpenTracks];
        if (c.Segment is null && open.Length > 1)
        {
            return Conflict($"{Names(open)} move independently in {s.Id}.") with { Fix = "Say which: --segment." };
        }

        return (c.Segment is null ? open[0] : TrackOf(s, c.Segment)) switch
        {
            null => NoTrack(s, c.Segment!),
            { Settled: false } early => Conflict(
                $"{early.Segment} has not moved yet{(early.Waits is null ? "" : $": {early.Waits}")}."
            ),
            { } track => Result(Advance(s, track, now, c.Actor, $"{track.Segment} promoted by {c.Actor}")),
        };
    }

    private static Result<IReadOnlyList<RolloutEvent>> PauseTrack(
        RolloutState s,
        RolloutCommand.Pause c,
        DateTimeOffset now
    ) =>
        TrackOf(s, c.Segment) switch
        {
            null => NoTrack(s, c.Segment!),
            { NeedsPerson: true } => Events(),
            { Segment: var segment } => Events(
                new RolloutEvent.TrackWaits(now, c.Actor, segment, $"paused by {c.Actor}") { NeedsPerson = true }
            ),
        };

    private static Result<IReadOnlyList<RolloutEvent>> ResumeTrack(
        RolloutState s,
        RolloutCommand.Resume c,
        DateTimeOffset now
    ) =>
        TrackOf(s, c.Segment) switch
        {
            null => NoTrack(s, c.Segment!),
            { NeedsPerson: true } => Events(new RolloutEvent.TrackGoes(now, c.Actor, c.Segment!)),
            { Waits: { } why } => Conflict($"{c.Segment} goes on by itself: {why}"),
            _ => Conflict($"{c.Segment} does not wait."),
        };

    private static Problem NoTrack(RolloutState s, string segment) =>
        Conflict(
            s.Tracks.Count == 0
                ? $"no segment moves independently in {s.Id} now."
                : $"{segment} is not under way in {s.Id}; {Names(s.OpenTracks)} are."
        );

    private static string Names(IEnumerable<Track> tracks) => string.Join(", ", tracks.Select(t => t.Segment));
}
