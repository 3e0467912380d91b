namespace Handover.Core.Evidence;

/// <summary>
/// Makes up for overshoot. Evidence comes in ticks, so it crosses its threshold with a jump, and what lies beyond the
/// threshold decides nothing. Cutting each outcome off at the threshold and multiplying all of them so that the mean
/// under the null is what it was before keeps the guarantee and reaches the threshold sooner (the idea of Fischer and
/// Ramdas, 2024, for the sequential probability ratio test). Exact here, since the outcomes of a tick can be counted.
/// </summary>
internal static class OvershootBoost
{
    /// <summary>Ticks with more events jump little compared with what they carry; they are not worth the sum.</summary>
    public const int MostEvents = 64;

    // Below it the chances could not be counted exactly; not to boost is always allowed.
    private const double LeastChance = 1e-250;

    /// <summary>
    /// ln b for which the sum over c of P(c) min(b E(c), cap) is E before the tick, with c binomial. Since E grows with
    /// c, a null that makes c smaller makes the mean smaller too: the guarantee holds for the whole null hypothesis.
    /// </summary>
    /// <param name="before">Log e-value before the tick; below <paramref name="logCap"/>.</param>
    /// <param name="after">Log e-values after it, when 0, 1, ... of its events are the candidate's; ascending.</param>
    /// <param name="arm">Probability at the edge of the null that an event is the candidate's.</param>
    /// <param name="logCap">Log e-value at which everything is decided.</param>
    public static double LogFactor(double before, ReadOnlySpan<double> after, double arm, double logCap)
    {
        int events = after.Length - 1;
        Span<double> chance = stackalloc double[after.Length];
        Span<double> value = stackalloc double[after.Length];
        double p = Math.Pow(1 - arm, events);
        if (p < LeastChance)
        {
            return 0;
        }

        double below = 0;
        for (int c = 0; c <= events; c++)
        {
            chance[c] = p;
            value[c] = Math.Exp(after[c] - logCap);
            below += p * value[c];
            p *= (events - c) / (c + 1.0) * (arm / (1 - arm));
        }

        double mean = Math.Exp(before - logCap);
        double capped = 0;
        for (int split = events; split >= 1; split--)
        {
            // Outcomes from split on are cut off at the cap, the ones below are multiplied.
            capped += chance[split];
            below -= chance[split] * value[split];
            double factor = (mean - capped) / below;
            if (below > 0 && factor * value[split - 1] <= 1)
            {
                return factor > 1 ? Math.Log(factor) : 0;
            }
        }

        return 0;
    }
}
