using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>Forecasts, costs and losses as people read them; one form for status, watch, plan and report.</summary>
internal static class RolloutOutlook
{
    /// <summary>What it costs, in one line; null when that is not declared.</summary>
    public static string? Cost(CostView? cost)
    {
        if (cost is null)
        {
            return null;
        }

        string shadow = cost.Shadow > 0 ? $" (of it shadow {Money(cost.Shadow)})" : "";
        string ahead = cost.ToCome is { } more ? $", {Money(more)} to come" : ", to come unknown";
        string budget = cost.Budget is { } most ? $", budget {Money(most)}" : "";
        string perDay = cost.StablePerDay is { } stable
            ? $"; per day {Money(cost.CandidatePerDay)}, stable {Money(stable)}"
            : $"; per day {Money(cost.CandidatePerDay)}";
        return $"{Money(cost.Amount)} {cost.Currency} so far{shadow}{ahead}{budget}{perDay}";
    }

    /// <summary>How a gate will go on, e.g. <c>pass now, catch 40s</c>.</summary>
    public static string Forecast(GateForecastView? forecast)
    {
        if (forecast is null)
        {
            return "-";
        }

        string pass = forecast.PromoteSeconds switch
        {
            0 => "pass now",
            { } s => $"pass in {Durations.Text(TimeSpan.FromSeconds(s))}",
            null => "pass unknown",
        };
        string needs = forecast.Requests is > 0 ? $" ({forecast.Requests:N0} requests)" : "";
        string harm = forecast.RollBackSeconds is { } t
            ? $"catches harm in {Durations.Text(TimeSpan.FromSeconds(t))}"
            : "catches nothing yet";
        return string.Create(CultureInfo.InvariantCulture, $"{pass}{needs}, {harm}");
    }

    /// <summary>Losses by release as a table; nothing without labels.</summary>
    public static void Losses(TextWriter output, IReadOnlyList<LossView> losses)
    {
        if (losses.Count == 0)
        {
            return;
        }

        output.WriteLine();
        OutputWriter.Table(output, losses, [.. LossColumns.Select(c => (c.Head.ToUpperInvariant(), c.Cell))]);
    }

    /// <summary>Columns of losses, for tables on a terminal and in Markdown.</summary>
    public static IReadOnlyList<(string Head, Func<LossView, string> Cell)> LossColumns { get; } =
    [
        ("release", l => l.Shadow ? $"{l.Release} (shadow)" : l.Release),
        ("answers", l => l.Answered.ToString(CultureInfo.InvariantCulture)),
        ("labelled", l => l.Coverage is { } c ? $"{l.Labelled} ({Percent(c)})" : $"{l.Labelled}"),
        ("late", l => l.Late.ToString(CultureInfo.InvariantCulture)),
        (
            "mean loss",
            l =>
                l.MeanLoss is { } m ? $"{Number(m)} {l.Loss}"
                : l.Unbounded > 0 ? "unbounded"
                : "-"
        ),
        ("right", l => l.Accuracy is { } a ? Percent(a) : "-"),
        ("mae", l => Number(l.Mae)),
        ("rmse", l => Number(l.Rmse)),
        ("bias", l => Number(l.Bias)),
    ];

    /// <summary>A planned rollout: how long, what decides, what it costs.</summary>
    public static void Plan(TextWriter output, RolloutView plan)
    {
        output.WriteLine($"rollout {plan.Name}: {plan.From} -> {plan.To} by {plan.Strategy}, {Duration(plan)}");
        output.WriteLine($"  decided by: {plan.DecidedBy ?? "the phases' least times and requests"}");
        output.WriteLine($"  extra cost: {Cost(plan.Cost) ?? "not declared"}");
        foreach (GateView gate in plan.Gates)
        {
            output.WriteLine($"  {gate.Name}: {Forecast(gate.Forecast)}");
        }

        foreach (PlannedHoldView hold in plan.Holds)
        {
            output.WriteLine($"  {hold.Phase}: {hold.Hold.Text}");
        }

        foreach (string line in Checks(plan.Checks).Concat(Skew(plan.Skew)))
        {
            output.WriteLine($"  {line}");
        }
    }

    private static IEnumerable<string> Checks(ChecksAheadView? checks)
    {
        if (checks is null)
        {
            return [];
        }

        string verdict =
            checks.Refusals.Count > 0 ? "it would be refused"
            : checks.Awaited.Count > 0 ? "it would wait for others"
            : "its checks pass now";
        return
        [
            verdict + (checks.Refusals.Count + checks.Awaited.Count > 0 ? ":" : ""),
            .. checks.Refusals.Concat(checks.Awaited).Select(line => $"  {line}"),
            .. checks.Around,
        ];
    }

    /// <summary>
    /// What callers send against what the candidate was trained on; nothing where no range is declared.
    /// </summary>
    public static IEnumerable<string> Skew(SkewView? skew)
    {
        if (skew is null)
        {
            yield break;
        }

        yield return $"inputs of {skew.Requests} recorded requests against the ranges of training"
            + (skew.Note is null ? "" : $": {skew.Note}");
        foreach (InputSkewView input in skew.Inputs)
        {
            yield return $"  {input.Text}";
        }
    }

    /// <summary>Prints how a rollout would go on; one that cannot start says why, as talk.</summary>
    public static async Task AheadAsync(CliSession session, StartRolloutRequest request, string what)
    {
        try
        {
            (RolloutView plan, _) = await session.Api.PostAsync(
                "/api/v1/rollouts:forecast",
                request,
                ProtocolJson.Default.StartRolloutRequest,
                ProtocolJson.Lenient.RolloutView,
                session.Cancel
            );
            session.Output.One(plan, ProtocolJson.Default.RolloutView, p => p.Name, Plan);
        }
        catch (AdminFailure failure)
        {
            session.Say($"{what}: no forecast: {failure.Message}");
        }
    }

    private static string Duration(RolloutView plan) =>
        plan.ForecastSeconds is { } seconds
            ? $"about {Durations.Text(TimeSpan.FromSeconds(seconds))} at the traffic of now"
            : "how long cannot be said at the traffic of now";

    private static string Money(decimal amount) => amount.ToString("#,0.00", CultureInfo.InvariantCulture);

    private static string Percent(double ratio) => (ratio * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";

    private static string Number(double? value) => value?.ToString("#,0.####", CultureInfo.InvariantCulture) ?? "-";
}
