using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Evidence;

/// <summary>What one segment of a rollout saw, from its first share to now.</summary>
/// <param name="Segment">The segment; empty for everybody outside the plan's segments.</param>
/// <param name="Tally">Requests and failures by release.</param>
/// <param name="Shares">Its share after each move that changed it, oldest first.</param>
public sealed record SegmentReading(string Segment, SegmentTally Tally, IReadOnlyList<SegmentStep> Shares)
{
    /// <summary>The verdict of its own evidence; null when it is judged with everybody.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>Why it was taken back alone; null when it was not.</summary>
    public string? TakenBack { get; init; }

    /// <summary>Where it stands while segments move independently; null else.</summary>
    public Track? Track { get; init; }

    /// <summary>All segments of the plan as the phases name them, then everybody else; empty without any.</summary>
    public static IReadOnlyList<SegmentReading> Of(
        RolloutState state,
        IReadOnlyList<RolloutEvent> events,
        Func<RolloutState, IReadOnlyDictionary<string, SegmentTally>> seen,
        Func<RolloutState, IReadOnlyDictionary<string, Verdict>> alone
    )
    {
        IReadOnlyList<string> named = state.Plan.SegmentNames;
        if (named.Count == 0)
        {
            // Of a rollout that has ended both are read from the disk, and most plans name no segment.
            return [];
        }

        IReadOnlyDictionary<string, SegmentTally> tallies = seen(state);
        IReadOnlyDictionary<string, Verdict> verdicts = alone(state);
        return
        [
            .. named
                .Append("")
                .Select(name => new SegmentReading(
                    name,
                    tallies.GetValueOrDefault(name, SegmentTally.None),
                    Steps(name, events)
                )
                {
                    Verdict = verdicts.GetValueOrDefault(name),
                    TakenBack = state.TakenBack.GetValueOrDefault(name),
                    Track = state.Tracks.FirstOrDefault(t => t.Segment == name),
                }),
        ];
    }

    private static List<SegmentStep> Steps(string segment, IReadOnlyList<RolloutEvent> events)
    {
        var steps = new List<SegmentStep>();
        foreach (RolloutEvent e in events)
        {
            (long epoch, Share share)? at = e switch
            {
                RolloutEvent.Moved m => (m.Epoch, ShareIn(m, segment)),
                RolloutEvent.RolledBack { Epoch: > 0 } r => (r.Epoch, Share.None),
                _ => null,
            };
            if (at is { } now && now.share != (steps.Count == 0 ? Share.None : steps[^1].Share))
            {
                steps.Add(new SegmentStep(e.At, now.epoch, now.share));
            }
        }

        return steps;
    }

    private static Share ShareIn(RolloutEvent.Moved moved, string segment)
    {
        Share own = moved.SegmentShares.GetValueOrDefault(segment);
        return moved.Barred.Contains(segment) ? Share.None
            : own.Parts > moved.Share.Parts ? own
            : moved.Share;
    }
}

/// <summary>A segment's share from a move on.</summary>
/// <param name="At">When.</param>
/// <param name="Epoch">The move's epoch.</param>
/// <param name="Share">The share of its entities that the candidate serves.</param>
public sealed record SegmentStep(DateTimeOffset At, long Epoch, Share Share);
