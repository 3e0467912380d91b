using Handover.Core.Evidence;
using Handover.Core.Foundation;

namespace Handover.Core.Gates;

/// <summary>
/// How long a rollout will take, before it starts and while it runs: a person must be able to decide whether to wait.
/// </summary>
public static class Forecast
{
    /// <summary>
    /// Time of a plan that promotes by <see cref="PromotionRule.NoHarm"/>: the sum over its steps of the least time or
    /// the least requests, whichever takes longer. Null when a step needs requests and gets none.
    /// </summary>
    /// <param name="steps">The steps that are still to come.</param>
    /// <param name="requestsPerSecond">Traffic of the service, all releases together.</param>
    public static TimeSpan? NoHarm(IReadOnlyList<ForecastStep> steps, double requestsPerSecond)
    {
        TimeSpan sum = TimeSpan.Zero;
        foreach (ForecastStep step in steps)
        {
            double seconds = Length(step, requestsPerSecond);
            if (double.IsInfinity(seconds))
            {
                return null;
            }

            sum += Seconds(seconds);
        }

        return sum;
    }

    /// <summary>
    /// Time until a candidate that is <paramref name="ratio"/> times as bad as stable is rolled back, on average; null
    /// when the steps end before.
    /// </summary>
    /// <param name="steps">The steps to come; the last one goes on for ever.</param>
    /// <param name="requestsPerSecond">Traffic of the service.</param>
    /// <param name="stableRate">Stable's rate of bad events, in (0, 1).</param>
    /// <param name="ratio">How many times as often the candidate is bad; above 1 + margin.</param>
    /// <param name="margin">The gate's margin.</param>
    /// <param name="alpha">The part of alpha that the metric has: alpha times its weight.</param>
    public static TimeSpan? RollBack(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        Ratio stableRate,
        double ratio,
        double margin,
        double alpha
    )
    {
        double goal = Math.Log(1 / alpha) + MixtureCost;
        return Against(steps, requestsPerSecond, stableRate.Value, ratio, 1 + margin, goal);
    }

    /// <summary>
    /// Time until an equally good candidate is proven not to be worse by the margin, on average; null when never.
    /// </summary>
    /// <param name="steps">The steps to come; the last one goes on for ever.</param>
    /// <param name="requestsPerSecond">Traffic of the service.</param>
    /// <param name="stableRate">Rate of bad events of both releases.</param>
    /// <param name="margin">The gate's margin; positive.</param>
    /// <param name="beta">The plan's beta.</param>
    public static TimeSpan? Prove(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        Ratio stableRate,
        double margin,
        double beta
    ) => Against(steps, requestsPerSecond, stableRate.Value, 1, 1 + margin, Math.Log(2 / beta));

    /// <summary>
    /// Time until an error-free candidate is proven to keep its objective, on average; null when it gets no traffic.
    /// </summary>
    /// <param name="steps">The steps to come; the last one goes on for ever.</param>
    /// <param name="requestsPerSecond">Traffic of the service.</param>
    /// <param name="objective">Highest acceptable rate, in (0, 1).</param>
    /// <param name="beta">The plan's beta.</param>
    public static TimeSpan? ProveObjective(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        Ratio objective,
        double beta
    ) => Below(steps, requestsPerSecond, objective.Value, Math.Log(2 / beta) + Math.Log(2));

    /// <summary>
    /// Time until <paramref name="goal"/> nats are gathered against "the ratio is <paramref name="against"/>" by a
    /// comparison of both releases; null when never.
    /// </summary>
    internal static TimeSpan? Against(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        double stableRate,
        double ratio,
        double against,
        double goal
    )
    {
        return Walk(steps, requestsPerSecond, Gain, goal);

        double Gain(ForecastStep step)
        {
            bool blind = step.Share is <= 0 or >= 1 || stableRate <= 0;
            double perRequest = blind ? 0 : GateInformation.PerCandidateRequest(stableRate, ratio, against, step.Share);
            return requestsPerSecond * step.Share * perRequest;
        }
    }

    /// <summary>Time until clean requests gather <paramref name="goal"/> nats for "below the limit".</summary>
    internal static TimeSpan? Below(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        double limit,
        double goal
    ) => Walk(steps, requestsPerSecond, step => requestsPerSecond * step.Share * -Math.Log(1 - limit), goal);

    /// <summary>
    /// Time until a candidate at <paramref name="rate"/> gathers <paramref name="goal"/> nats for "above the limit".
    /// </summary>
    internal static TimeSpan? Above(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        double rate,
        double limit,
        double goal
    )
    {
        double each = LogMath.BernoulliKl(rate, limit);
        return Walk(steps, requestsPerSecond, step => requestsPerSecond * step.Share * each, goal);
    }

    /// <summary>
    /// What it costs, in nats, not to know the ratio and the start: the alternatives near it have about a quarter of
    /// the weight, and the start at the beginning has most of that.
    /// </summary>
    internal static double MixtureCost { get; } = -Math.Log(0.25 * RestartPlan.First);

    private static TimeSpan? Walk(
        IReadOnlyList<ForecastStep> steps,
        double requestsPerSecond,
        Func<ForecastStep, double> gain,
        double goal
    )
    {
        double seconds = 0;
        goal = Math.Max(goal, 0);
        for (int i = 0; i < steps.Count; i++)
        {
            double perSecond = gain(steps[i]);
            double length = i == steps.Count - 1 ? double.PositiveInfinity : Length(steps[i], requestsPerSecond);
            if (perSecond > 0 && perSecond * length >= goal)
            {
                return Seconds(seconds + (goal / perSecond));
            }

            goal -= perSecond > 0 ? perSecond * length : 0;
            seconds += length;
            if (double.IsInfinity(seconds))
            {
                return null;
            }
        }

        return null;
    }

    // A phase lasts until both its least time and its least requests are reached.
    private static double Length(ForecastStep step, double requestsPerSecond)
    {
        double rate = requestsPerSecond * step.Share;
        double asked =
            step.Requests <= 0 ? 0
            : rate > 0 ? step.Requests / rate
            : double.PositiveInfinity;
        return Math.Max(asked, step.For.TotalSeconds);
    }

    private static TimeSpan Seconds(double seconds) =>
        seconds > 1e9 ? TimeSpan.FromSeconds(1e9) : TimeSpan.FromSeconds(seconds);
}

/// <summary>One step of a forecast.</summary>
/// <param name="Share">The candidate's share, in [0, 1].</param>
/// <param name="For">Least time.</param>
/// <param name="Requests">Least candidate requests.</param>
public readonly record struct ForecastStep(double Share, TimeSpan For, long Requests);
