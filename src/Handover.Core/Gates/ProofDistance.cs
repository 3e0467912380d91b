using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// How many more candidate requests a proof needs if things go on as they did: what is missing in log evidence, divided
/// by what one request brings on average (statistics.md 1.8). The nearer of the two routes counts.
/// </summary>
internal static class ProofDistance
{
    /// <summary>Candidate requests; null when at this pace no number of them would do.</summary>
    public static long? Requests(MetricEvidence metric, double share, double goal)
    {
        double relative = Against(metric, share, goal - metric.RelativeSafe);
        double objective = metric.Objective is { } limit
            ? Below(metric, limit, goal - metric.ObjectiveSafe)
            : double.NaN;
        double nearest = double.IsNaN(relative) || objective < relative ? objective : relative;
        return double.IsNaN(nearest) || nearest > 1e12 ? null : (long)Math.Ceiling(Math.Max(nearest, 1));
    }

    private static double Against(MetricEvidence metric, double share, double missing)
    {
        var (candidateBad, candidateUnits, stableBad, stableUnits) = metric.Count(metric.DisplayLevel);
        if (share is <= 0 or >= 1 || candidateUnits == 0 || stableUnits == 0 || stableBad == 0)
        {
            return double.NaN;
        }

        double margin = metric.HarmMargin;
        double stable = (double)stableBad / stableUnits;
        double ratio = Math.Max(candidateBad, 0.5) / candidateUnits / stable;
        double gain = GateInformation.PerCandidateRequest(stable, ratio, 1 + margin, share);
        return ratio < 1 + margin && gain > 0 ? missing / gain : double.NaN;
    }

    private static double Below(MetricEvidence metric, double limit, double missing)
    {
        var (bad, units) = metric.ObjectiveCounts;
        double rate = units == 0 ? 0 : (double)bad / units;
        double gain = rate < limit ? LogMath.BernoulliKl(rate, limit) : 0;
        return gain > 0 ? missing / gain : double.NaN;
    }
}
