using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>
/// How long a rollout takes, which metric decides and what it costs: before the start from its plan, and live.
/// </summary>
public sealed partial class RolloutEngine
{
    /// <inheritdoc/>
    public async Task<Result<RolloutSnapshot>> ForecastAsync(RolloutPlan plan, CancellationToken cancel)
    {
        Result<RolloutCommand.Begin> begin = await PrepareAsync(plan, "forecast", cancel);
        if (!begin.Ok)
        {
            return Result<RolloutSnapshot>.Failed(begin.Problems);
        }

        RolloutState state = Planned(begin.Value);
        RolloutOutlook outlook = Outlook(state, [], _time.GetUtcNow()) with
        {
            Holds = HoldsAhead(state),
            Checks = await ChecksAheadAsync(state, cancel),
        };
        return new RolloutSnapshot(state, [], null) { Outlook = outlook };
    }

    private async Task<ChecksAhead> ChecksAheadAsync(RolloutState state, CancellationToken cancel)
    {
        IReadOnlyList<string> refusals = await RefusalsAsync(state, cancel);
        IReadOnlyList<Party> parties = await _parts.Agreement.LookAsync(state, cancel);
        return new ChecksAhead(
            refusals,
            [.. parties.SelectMany(p => p.Disagreements).Select(d => d.Text)],
            [.. parties.Select(p => p.ToString())]
        );
    }

    // Before anything is spent, a budget that cannot be kept refuses; afterwards it holds.
    private Result<RolloutCommand.Begin> WithinBudget(RolloutCommand.Begin begin) =>
        begin.Plan.Budget is not null && Outlook(Planned(begin), [], _time.GetUtcNow()).Cost?.Breach() is { } breach
            ? new Problem("over-budget", $"not started: {breach}.") { Field = "spec.budget.extraCost" }
            : begin;

    private RolloutState Planned(RolloutCommand.Begin begin)
    {
        IReadOnlyList<RolloutEvent> events = Decider.Decide(null, begin, _time.GetUtcNow()).Value;
        return events.Aggregate((RolloutState?)null, Evolver.Evolve)!;
    }

    private RolloutOutlook Outlook(RolloutState state, IReadOnlyList<RolloutEvent> events, DateTimeOffset now)
    {
        CatalogSnapshot catalog = _parts.Catalog();
        string name = state.Plan.Service;
        GateForecast? gates = null;
        if (state is { Open: true, RollbackReason: null } && catalog.Services.TryGetValue(name, out Service? service))
        {
            IReadOnlyList<ForecastStep> steps = WithLabels(RemainingSteps.Of(state, now), state, service);
            gates = _parts.Evidence.Forecast(state, service, steps);
        }

        var entered = events.OfType<RolloutEvent.PhaseEntered>().Select(e => (e.Index, e.At)).ToList();
        return new RolloutOutlook(
            gates,
            RolloutCost.Of(
                state,
                entered,
                catalog.Releases.GetValueOrDefault((name, state.From))?.CostPerDay,
                catalog.Releases.GetValueOrDefault((name, state.Plan.To))?.CostPerDay,
                gates?.Promote,
                now
            ),
            _parts.Evidence.RequestsPerSecond(name)
        );
    }

    /// <summary>What else holds the rollout: its budget.</summary>
    private IReadOnlyList<string> Holding(RolloutState state, DateTimeOffset now)
    {
        if (state.Plan.Budget is null || !_loops.TryGetValue(state.Id, out RolloutLoop? loop))
        {
            return [];
        }

        return Outlook(state, loop.Events, now).Cost?.Breach() is { } breach ? [breach] : [];
    }

    private static List<Problem> BudgetProblems(RolloutPlan plan, CatalogSnapshot catalog, string from)
    {
        catalog.Releases.TryGetValue((plan.Service, from), out Release? stable);
        catalog.Releases.TryGetValue((plan.Service, plan.To), out Release? candidate);
        return [.. RolloutCost.Unbudgeted(plan, stable, candidate)];
    }

    // The first share waits for labels of its own; those of later ones come while it waits.
    private static List<ForecastStep> WithLabels(IReadOnlyList<ForecastStep> steps, RolloutState state, Service service)
    {
        List<ForecastStep> longer = [.. steps];
        bool judged = state.Plan.Gates.Metrics.Any(m => m.Name == "loss");
        int first = longer.FindIndex(s => s is { Share: > 0 and < 1, Requests: > 0 });
        if (judged && service.Labels?.Window is { } window && first >= 0 && longer[first].For < window)
        {
            longer[first] = longer[first] with { For = window };
        }

        return longer;
    }
}
