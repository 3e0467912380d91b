using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;

namespace Handover.Control.Engine;

/// <summary>What a plan must satisfy at the moment that it starts. All problems are told at once.</summary>
public sealed partial class RolloutEngine
{
    private async Task<Result<RolloutCommand.Begin>> PrepareAsync(
        RolloutPlan plan,
        string actor,
        CancellationToken cancel
    )
    {
        CatalogSnapshot catalog = _parts.Catalog();
        if (!catalog.Services.TryGetValue(plan.Service, out Service? service))
        {
            return new Problem("unknown-service", $"there is no service '{plan.Service}'.");
        }

        if (Busy(plan) is { } busy)
        {
            return busy;
        }

        EpochRow? row = await _parts.Epochs.ReadAsync(plan.Service, cancel);
        string from = row?.Routing.Stable ?? service.Stable;
        IReadOnlyList<string> segments = plan.SegmentNames;
        List<Problem> problems =
        [
            .. PlanRules.Check(plan),
            .. WrongReleases(plan, catalog, from),
            .. UnknownMetrics(plan),
            .. OutsideWindow(plan, service),
            .. plan.Flag is { } flag && _parts.Urls.Check(flag.Ofrep) is { } refused
                ? [refused with { Field = "spec.flag.ofrep" }]
                : Array.Empty<Problem>(),
            .. BudgetProblems(plan, catalog, from),
            .. segments
                .Where(n => !catalog.Segments.ContainsKey(n))
                .Select(n => new Problem("unknown-segment", $"there is no segment '{n}'.") { Field = "spec.phases" }),
            .. segments.Where(catalog.Segments.ContainsKey).SelectMany(n => WrongSegment(n, catalog, service)),
        ];
        if (problems.Count > 0)
        {
            return Result<RolloutCommand.Begin>.Failed(problems);
        }

        RolloutPlan fixedPlan =
            service.Impact == Impact.High
                ? plan with
                {
                    Gates = plan.Gates with { Promote = PromotionRule.Proof },
                }
                : plan;
        var begin = new RolloutCommand.Begin(
            $"{plan.Name}.{NextRun(plan.Name)}",
            fixedPlan,
            from,
            service.Impact,
            [.. segments.Select(n => Resolved(n, catalog).Value)],
            actor
        )
        {
            DowntimeAllowed = DowntimeOf(plan, service),
            Artefacts = _parts.Runtime.Status(plan.Service, from)?.Artefacts ?? new Dictionary<string, string>(),
        };
        return WithinBudget(begin);
    }

    // What a segment refers to is put in its place now: the rollout never changes its mind about whom it covers.
    private static Result<Segment> Resolved(string name, CatalogSnapshot catalog)
    {
        Segment segment = catalog.Segments[name];
        Result<Rule> rule = RuleCodec.Resolve(segment.When, n => catalog.Segments.GetValueOrDefault(n)?.When);
        return rule.Ok ? segment with { When = rule.Value } : Result<Segment>.Failed(rule.Problems);
    }

    private static IEnumerable<Problem> WrongSegment(string name, CatalogSnapshot catalog, Service service)
    {
        Result<Segment> resolved = Resolved(name, catalog);
        if (!resolved.Ok)
        {
            return resolved.Problems;
        }

        string[] injected = ["targetingKey", "$flagd.flagKey"];
        return resolved
            .Value.When.Names.Where(n => !injected.Contains(n) && service.Attributes.All(a => a.Name != n))
            .Select(n => new Problem("bad-rule", $"segment '{name}' reads '{n}', which '{service.Name}' has not.")
            {
                Field = "spec.phases",
                Fix = "Declare it under attributes of the service, or correct the segment.",
            });
    }

    private Problem? Busy(RolloutPlan plan)
    {
        if (_loops.Values.FirstOrDefault(l => l.State.Open && l.State.Plan.Service == plan.Service) is { } open)
        {
            return new Problem("conflict", $"rollout {open.State.Id} is under way for '{plan.Service}'.")
            {
                Fix = "Wait for it, or end it with 'handover rollback'.",
            };
        }

        if (_parts.Gateway.Status(plan.Service)?.Off is { } off && !ServiceRollback.Is(plan))
        {
            return new Problem("conflict", $"'{plan.Service}' was switched off by {off.By}; nobody would be served.")
            {
                Fix = $"Switch it on first: handover flag on {plan.Service}.",
            };
        }

        return null;
    }

    private int NextRun(string name) =>
        _loops.Values.Where(l => l.State.Plan.Name == name).Select(l => RunOf(l.State.Id)).DefaultIfEmpty().Max() + 1;

    private static IEnumerable<Problem> WrongReleases(RolloutPlan plan, CatalogSnapshot catalog, string from)
    {
        if (!catalog.Releases.ContainsKey((plan.Service, plan.To)))
        {
            string known = string.Join(
                ", ",
                catalog.Releases.Keys.Where(k => k.Service == plan.Service).Select(k => k.Release)
            );
            yield return new Problem("unknown-release", $"'{plan.Service}' has no release '{plan.To}'.")
            {
                Field = "spec.to",
                Fix = $"Known: {known}.",
            };
        }

        if (from == plan.To)
        {
            yield return new Problem(
                "already-stable",
                $"'{plan.To}' is the stable release of '{plan.Service}' already."
            )
            {
                Field = "spec.to",
                Fix =
                    $"To see how often the gates alarm falsely on its own traffic: handover rollout aa {plan.Service}.",
            };
        }
    }

    private static IEnumerable<Problem> UnknownMetrics(RolloutPlan plan) =>
        plan
            .Gates.Metrics.Where(m => !m.Pushed && !NameMaps.Metrics.Contains(m.Name))
            .Select(m => new Problem("not-supported-yet", $"the metric '{m.Name}' is not supported yet.")
            {
                Field = "spec.gates.metrics",
                Fix = $"Use one of: {string.Join(", ", NameMaps.Metrics)}.",
            });
}
