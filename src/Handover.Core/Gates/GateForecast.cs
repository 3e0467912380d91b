using Handover.Core.Evidence;
using Handover.Core.Foundation;

namespace Handover.Core.Gates;

/// <summary>
/// How long each metric will take to promote and to roll back at the traffic there is, before the start (from a book
/// with no evidence) and live (what has been gathered shortens what is left), and which metric will decide.
/// </summary>
/// <param name="Metrics">One entry per metric of the plan that can roll back or must be proven.</param>
/// <param name="Promote">Time until the gates let a healthy candidate finish; null for never.</param>
/// <param name="PromotionDecidedBy">
/// The metric that is proven last; null when the least times and requests of the phases decide.
/// </param>
/// <param name="FirstToRollBack">The metric that first notices a candidate twice as bad as allowed; or null.</param>
public sealed record GateForecast(
    IReadOnlyList<MetricForecast> Metrics,
    TimeSpan? Promote,
    string? PromotionDecidedBy,
    string? FirstToRollBack
)
{
    /// <summary>
    /// How many times as bad as the margin allows the candidate is that <see cref="MetricForecast.RollBack"/> is for.
    /// </summary>
    public const double Sickness = 2;

    // Fewer units tell less about stable's rate than what was known before the rollout.
    private const long LeastUnits = 500;

    /// <summary>Looks ahead from what the book knows.</summary>
    /// <param name="book">The evidence so far; a new book for a forecast before the start.</param>
    /// <param name="steps">The steps that are still to come; the last one is taken to go on for ever.</param>
    /// <param name="requestsPerSecond">Traffic of the service, all releases together.</param>
    /// <param name="stableRates">
    /// Stable's rates of bad events by metric from before the rollout, where they are known. Used while the book
    /// has too few units itself. Metrics of frozen thresholds need none: their rate follows from the quantile.
    /// </param>
    public static GateForecast Of(
        GateBook book,
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        IReadOnlyDictionary<string, Ratio> stableRates
    )
    {
        bool proof = book.Setup.Plan.Promote == PromotionRule.Proof;
        TimeSpan? least = Forecast.NoHarm(steps, requestsPerSecond);
        MetricForecast[] metrics =
        [
            // No rate of live requests tells when pairs of shadow will have said enough.
            .. book
                .Metrics.Where(m => m is { Listed: true, Gate.HoldOnly: false, OnlyPairs: false })
                .Select(m => Of(book, m, steps, requestsPerSecond, stableRates, proof)),
        ];
        MetricForecast? last = proof ? Last(metrics) : null;
        bool stuck = last is { Promote: null };
        bool slow = last?.Promote > least;
        return new GateForecast(
            metrics,
            stuck || least is null ? null
                : slow ? last!.Promote
                : least,
            stuck || slow ? last!.Metric : null,
            metrics.Where(m => m.RollBack is not null).MinBy(m => m.RollBack)?.Metric
        );
    }

    // The one that is never proven, else the one that is proven last.
    private static MetricForecast? Last(MetricForecast[] metrics) =>
        Array.Find(metrics, m => m.Promote is null) ?? metrics.Where(m => !m.TwoSided).MaxBy(m => m.Promote);

    private static MetricForecast Of(
        GateBook book,
        MetricEvidence metric,
        IReadOnlyList<ForecastStep> steps,
        double rps,
        IReadOnlyDictionary<string, Ratio> stableRates,
        bool proof
    )
    {
        GatePlan plan = book.Setup.Plan;
        double? rate = Rate(metric, stableRates);
        double safe = Math.Log(2 / plan.Beta.Value);
        TimeSpan? promote =
            !proof || metric.TwoSided ? TimeSpan.Zero
            : Math.Max(metric.RelativeSafe, metric.ObjectiveSafe) >= safe ? TimeSpan.Zero
            : Sooner(
                rate is { } p
                    ? Forecast.Against(steps, rps, p, 1, 1 + metric.HarmMargin, safe - Known(metric.RelativeSafe))
                    : null,
                metric.Objective is { } limit
                    ? Forecast.Below(steps, rps, limit, safe + Math.Log(2) - Known(metric.ObjectiveSafe))
                    : null
            );
        double alarm = -Math.Log(plan.Alpha.Value * metric.Weight);
        TimeSpan? rollBack = Sooner(
            rate is { } r && metric.RelativeWeight > 0
                ? Forecast.Against(
                    steps,
                    rps,
                    r,
                    Sickness * (1 + metric.HarmMargin),
                    1 + metric.HarmMargin,
                    alarm - Math.Log(metric.RelativeWeight) + metric.MixtureCost - Known(metric.RelativeHarm)
                )
                : null,
            metric.Objective is { } most && metric.ObjectiveWeight > 0
                ? Forecast.Above(
                    steps,
                    rps,
                    Math.Min(0.99, Sickness * most),
                    most,
                    alarm - Math.Log(metric.ObjectiveWeight) + metric.MixtureCost - Known(metric.ObjectiveHarm)
                )
                : null
        );
        return new MetricForecast(metric.Gate.Name, promote, rollBack) { TwoSided = metric.TwoSided };
    }

    private static double? Rate(MetricEvidence metric, IReadOnlyDictionary<string, Ratio> stableRates)
    {
        var (_, _, bad, units) = metric.Count(metric.DisplayLevel);
        double? rate =
            units >= LeastUnits ? (double)bad / units
            : stableRates.TryGetValue(metric.Gate.Name, out Ratio known) ? known.Value
            : metric.ExpectedRate;
        return rate is > 0 and < 1 ? rate : null;
    }

    // Evidence that speaks against harm has to be made up for, and evidence that there is already is saved.
    private static double Known(double logEvidence) => double.IsFinite(logEvidence) ? logEvidence : 0;

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) =>
        a is null ? b
        : b is null || a < b ? a
        : b;
}

/// <summary>One metric of a forecast.</summary>
/// <param name="Metric">Its name.</param>
/// <param name="Promote">
/// Time until it is proven safe if the candidate is as good as stable; zero when no proof is asked for or it is proven
/// already, null when it never will be.
/// </param>
/// <param name="RollBack">
/// Time until it rolls back a candidate that becomes <see cref="GateForecast.Sickness"/> times as bad as the margin
/// allows; null when it cannot notice.
/// </param>
public sealed record MetricForecast(string Metric, TimeSpan? Promote, TimeSpan? RollBack)
{
    internal bool TwoSided { get; init; }
}
