namespace Handover.Core.Gates;

/// <summary>
/// How ticks carry which answers have labels (or a pushed metric): under a name of their own beside the metric.
/// </summary>
public static class CoverageTicks
{
    /// <summary>Level of entities' first labelled answers.</summary>
    public const int Labelled = 0;

    /// <summary>Level of entities' first answers that were still without a label in time.</summary>
    public const int Unlabelled = 1;

    /// <summary>Level of all answers (units) and labels (bad), for display.</summary>
    public const int Totals = 2;

    /// <summary>Name of a metric's coverage in ticks, e.g. <c>coverage:loss</c>.</summary>
    public static string Of(string metric) => $"coverage:{metric}";
}
