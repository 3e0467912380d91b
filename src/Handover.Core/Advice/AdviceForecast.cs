using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Core.Advice;

/// <summary>
/// How long the phases take and what the second stack costs when nothing is wrong: for each phase the larger of its
/// least time and the time in which its least number of requests arrives at the traffic of now.
/// </summary>
internal static class AdviceForecast
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>The sum over the phases up to success.</summary>
    public static AdviceDuration Duration(IReadOnlyList<Phase> phases, MeasuredFacts facts)
    {
        TimeSpan total = TimeSpan.Zero;
        foreach (Phase phase in phases)
        {
            total += Of(phase, facts);
        }

        return new AdviceDuration(total < Longest ? total : Longest, facts.RequestsPerSecond is > 0);
    }

    /// <summary>
    /// The candidate's cost while both run, and stable's while it is kept; null when it cannot be said.
    /// </summary>
    public static AdviceCost? Cost(
        IReadOnlyList<Phase> phases,
        AdviceDuration duration,
        MeasuredFacts facts,
        bool single
    )
    {
        if (facts.CandidateCostPerDay is not { } candidate || facts.StableCostPerDay is not { } stable)
        {
            return null;
        }

        if (!string.Equals(candidate.Currency, stable.Currency, StringComparison.Ordinal))
        {
            return null;
        }

        // With one stack there is never a second one to pay, neither during nor after.
        if (single)
        {
            return new AdviceCost(0, 0, candidate.Currency);
        }

        TimeSpan keep = phases.OfType<Phase.Retire>().Aggregate(TimeSpan.Zero, (sum, retire) => sum + retire.Keep);
        return new AdviceCost(
            Math.Round(candidate.Amount * (decimal)duration.Total.TotalDays, 2),
            Math.Round(stable.Amount * (decimal)keep.TotalDays, 2),
            candidate.Currency
        );
    }

    private static TimeSpan Of(Phase phase, MeasuredFacts facts) =>
        phase switch
        {
            Phase.Start => facts.StartTime ?? TimeSpan.Zero,
            Phase.Shadow shadow => Arrival(shadow.Pairs, shadow.Share, facts),
            Phase.Shift shift => Max(
                shift.For,
                shift.Segment is null ? Arrival(shift.Requests, shift.Share, facts) : TimeSpan.Zero
            ),
            Phase.Bake bake => bake.For,
            _ => TimeSpan.Zero,
        };

    private static TimeSpan Arrival(long requests, Share share, MeasuredFacts facts)
    {
        if (facts.RequestsPerSecond is not > 0 || share.Parts == 0)
        {
            return TimeSpan.Zero;
        }

        double seconds = requests / (facts.RequestsPerSecond.Value * share.Ratio.Value);
        return seconds < Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Longest;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
