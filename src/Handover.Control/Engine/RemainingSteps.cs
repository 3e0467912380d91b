using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>What a rollout still has before it, as steps of a forecast.</summary>
internal static class RemainingSteps
{
    // Warming and starting take what they take; this much is reckoned for each where nothing is known.
    private static readonly TimeSpan Preparation = TimeSpan.FromSeconds(2);

    /// <summary>The steps from now on; the active one less the time that it has had.</summary>
    public static IReadOnlyList<ForecastStep> Of(RolloutState state, DateTimeOffset now)
    {
        double share = state.Share.Ratio.Value;
        var steps = new List<ForecastStep>();
        for (int i = state.PhaseIndex; i < state.Plan.Phases.Count; i++)
        {
            if (state.Plan.TracksAt(i) is { } run)
            {
                steps.AddRange(Longest(state, run, now, ref share));
                i = run.End - 1;
                continue;
            }

            ForecastStep step = StepOf(state.Plan.Phases[i], ref share);
            TimeSpan had = i == state.PhaseIndex ? now - state.PhaseEnteredAt : TimeSpan.Zero;
            steps.Add(Less(step, had));
        }

        return steps;
    }

    private static ForecastStep Less(ForecastStep step, TimeSpan had) =>
        step with
        {
            For = step.For > had ? step.For - had : TimeSpan.Zero,
        };

    // Segments that move independently do so at the same time: the one with most before it is waited for.
    private static List<ForecastStep> Longest(
        RolloutState state,
        (int Start, int End) run,
        DateTimeOffset now,
        ref double share
    )
    {
        var bySegment = new Dictionary<string, List<ForecastStep>>(StringComparer.Ordinal);
        for (int i = run.Start; i < run.End; i++)
        {
            string segment = state.Plan.SegmentAt(i)!;
            Track? track = state.Tracks.FirstOrDefault(t => t.PhaseIndex == i);
            TimeSpan had = track is null ? TimeSpan.Zero : now - track.EnteredAt;
            List<ForecastStep> steps = bySegment.TryGetValue(segment, out List<ForecastStep>? own) ? own : [];
            bySegment[segment] = steps;
            if (!state.IsThrough(i))
            {
                steps.Add(Less(StepOf(state.Plan.Phases[i], ref share), had));
            }
        }

        return bySegment.Values.MaxBy(s => s.Sum(step => step.For.Ticks))!;
    }

    private static ForecastStep StepOf(Phase phase, ref double share)
    {
        switch (phase)
        {
            case Phase.Shift shift:
                share = Math.Max(share, shift.Segment is null ? shift.Share.Ratio.Value : 0);
                return new ForecastStep(share, shift.For, shift.Segment is null ? shift.Requests : 0);
            case Phase.Shadow shadow:
                return new ForecastStep(shadow.Share.Ratio.Value, TimeSpan.Zero, shadow.Pairs);
            case Phase.Bake bake:
                return new ForecastStep(1, bake.For, 0);
            case Phase.Start or Phase.Warm:
                return new ForecastStep(share, Preparation, 0);
            default:
                return new ForecastStep(share, TimeSpan.Zero, 0);
        }
    }
}
