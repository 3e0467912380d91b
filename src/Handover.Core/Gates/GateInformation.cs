using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// What a request tells about a rate, in nats (statistics.md 1.8 and 3.6). The currency in which forecasts and limits
/// are counted: a test at level alpha needs about ln(1/alpha) of it.
/// </summary>
public static class GateInformation
{
    /// <summary>
    /// Information of one candidate request, and the stable ones that come with it, about "the ratio is not
    /// <paramref name="against"/>", by the conditional test.
    /// </summary>
    /// <param name="stableRate">Stable's rate of bad events, in (0, 1).</param>
    /// <param name="ratio">True ratio of the candidate's rate to stable's.</param>
    /// <param name="against">The ratio at the edge of the null.</param>
    /// <param name="share">Routing probability of the candidate, in (0, 1).</param>
    public static double PerCandidateRequest(double stableRate, double ratio, double against, double share)
    {
        double events = stableRate * (1 - share + (share * ratio));
        double truth = share * ratio / (1 - share + (share * ratio));
        double edge = share * against / (1 - share + (share * against));
        return events * LogMath.BernoulliKl(truth, edge) / share;
    }

    /// <summary>
    /// Information of one candidate request for any two-arm test that must not know the base rate: the limit that no
    /// test can beat. <paramref name="candidateRate"/> against <paramref name="stableRate"/>, null "equal".
    /// </summary>
    public static double TwoArmLimit(double stableRate, double candidateRate, double share)
    {
        double pooled = (share * candidateRate) + ((1 - share) * stableRate);
        return LogMath.BernoulliKl(candidateRate, pooled)
            + ((1 - share) / share * LogMath.BernoulliKl(stableRate, pooled));
    }
}
