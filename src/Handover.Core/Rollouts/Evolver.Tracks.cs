using Handover.Core.Foundation;

namespace Handover.Core.Rollouts;

/// <summary>The fold of segments that move independently.</summary>
public static partial class Evolver
{
    private static RolloutState OnTrack(RolloutState s, RolloutEvent e) =>
        e switch
        {
            RolloutEvent.PhaseEntered p => With(
                s with
                {
                    Status = Going(s),
                    ProgressAt = p.At,
                    MoveFailures = 0,
                },
                new Track(s.Plan.SegmentAt(p.Index)!, p.Index, p.At)
            ),
            RolloutEvent.PhaseCompleted p => Mark(s, s.Plan.SegmentAt(p.Index), t => t with { Done = true }) with
            {
                Reasons = [p.Why],
                ProgressAt = p.At,
            },
            RolloutEvent.TrackWaits w => Mark(
                s,
                w.Segment,
                t => t with { Waits = w.Reason, NeedsPerson = w.NeedsPerson }
            ) with
            {
                Reasons = [w.Text],
            },
            RolloutEvent.TrackGoes g => Mark(
                s,
                g.Segment,
                t => t with { Waits = null, NeedsPerson = false, ProgressAt = g.At }
            ) with
            {
                Reasons = [g.Text],
                ProgressAt = g.At,
            },
            _ => Invariant.Unreachable<RolloutState>($"{e.GetType().Name} is of no track"),
        };

    // A move brings everybody as far as it says, whoever asked for it.
    private static RolloutState Arrived(RolloutState s, RolloutEvent.Moved m) =>
        With(
            s,
            [
                .. s.Tracks.Select(t =>
                    !t.Done && !t.Settled && Settles(s.Plan.Phases[t.PhaseIndex], m)
                        ? t with
                        {
                            Settled = true,
                            ProgressAt = m.At,
                        }
                        : t
                ),
            ]
        );

    private static RolloutState Mark(RolloutState s, string? segment, Func<Track, Track> change) =>
        With(s, [.. s.Tracks.Select(t => t.Segment == segment ? change(t) : t)]);

    // Between two runs of shifts stands another phase, which leaves no tracks.
    private static RolloutState With(RolloutState s, Track track) =>
        With(s, [.. s.Tracks.Where(t => t.Segment != track.Segment), track]);

    private static RolloutState With(RolloutState s, IReadOnlyList<Track> tracks)
    {
        var ordered = tracks.OrderBy(t => t.PhaseIndex).ToList();
        Track first = ordered.Find(t => !t.Done) ?? ordered[^1];
        return s with
        {
            Tracks = ordered,
            PhaseIndex = first.PhaseIndex,
            PhaseEnteredAt = first.EnteredAt,
            PhaseSettled = !ordered.Exists(t => t.Moves),
        };
    }
}
