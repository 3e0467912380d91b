using System.Globalization;

namespace Handover.Core.Gates;

/// <summary>Numbers as people read them, in one place so that every reason reads alike.</summary>
internal static class GateWords
{
    /// <summary>E.g. <c>candidate 4.8% of 2,000, stable 0.4% of 18,000</c>.</summary>
    public static string Counts(MetricEvidence metric)
    {
        var (candidateBad, candidateUnits, stableBad, stableUnits) = metric.Count(metric.DisplayLevel);
        string live =
            $"candidate {Rate(candidateBad, candidateUnits)}, stable {Rate(stableBad, stableUnits)}"
            + (metric.Gate.Name == "latency" ? " slow" : "");
        return metric.PairCount == 0 ? live
            : candidateUnits + stableUnits == 0 ? Pairs(metric)
            : $"{live}; {Pairs(metric)}";
    }

    /// <summary>E.g. <c>candidate worse in 120 of 2,000 pairs, stable in 3</c>.</summary>
    public static string Pairs(MetricEvidence metric) =>
        metric.OnlyPairs
            ? Flips(metric)
            : $"candidate worse in {metric.PairBad.Candidate:N0} of {metric.PairCount:N0} pairs, "
                + $"stable in {metric.PairBad.Stable:N0}";

    // Of flips, the other one of the pair is stable's own second answer.
    private static string Flips(MetricEvidence metric) =>
        $"only the candidate decides otherwise in {metric.PairBad.Candidate:N0} of {metric.PairCount:N0} requests that "
        + $"were asked three times, only stable's second answer in {metric.PairBad.Stable:N0}";

    /// <summary>E.g. <c>candidate 4.8% of 2,000, at most 1% allowed</c>.</summary>
    public static string Objective(MetricEvidence metric)
    {
        int level = metric.Gate.Name == "latency" ? Evidence.LatencyThresholds.ObjectiveLevel : 0;
        var (bad, units, _, _) = metric.Count(level);
        string what = metric.Gate.Name == "latency" ? " above the objective's time" : "";
        string seen = units == 0 && metric.PairCount > 0 ? $"{Pairs(metric)}," : $"candidate {Rate(bad, units)}{what},";
        return $"{seen} at most {Percent(metric.Objective ?? 1)} allowed";
    }

    /// <summary>E.g. <c>4.8% of 2,000</c>.</summary>
    public static string Rate(long bad, long units) =>
        units == 0 ? "no data" : string.Create(Culture, $"{Percent((double)bad / units)} of {units:N0}");

    /// <summary>A number with few digits: <c>1,234</c>, <c>12</c>, <c>1.2e+09</c>.</summary>
    public static string Number(double x) =>
        x >= 1e7 ? x.ToString("0.#e+00", Culture)
        : x >= 10 ? x.ToString("N0", Culture)
        : x.ToString("0.##", Culture);

    /// <summary>A time in the two units that matter.</summary>
    public static string Time(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours} h {time.Minutes} min"
        : time.TotalMinutes >= 1 ? $"{(int)time.TotalMinutes} min {time.Seconds} s"
        : $"{Math.Ceiling(time.TotalSeconds):0} s";

    private static CultureInfo Culture => CultureInfo.InvariantCulture;

    private static string Percent(double ratio) => (ratio * 100).ToString("0.###", Culture) + "%";
}
