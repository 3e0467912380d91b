using Handover.Control.Resources;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>The catalogue as the API sees it: YAML in, changes and contract verdicts out.</summary>
/// <param name="store">The catalogue.</param>
/// <param name="routing">The routing in force of a service; null when it has none yet.</param>
public sealed class CatalogAccess(CatalogStore store, Func<string, Routing?> routing) : ICatalogAccess
{
    /// <inheritdoc/>
    public CatalogSnapshot Snapshot => store.Current;

    /// <inheritdoc/>
    public string Revision => $"g{store.Generation}";

    /// <inheritdoc/>
    public async Task<Result<ApplyResult>> ApplyAsync(
        ApplyRequest request,
        bool validateOnly,
        string actor,
        CancellationToken cancel
    )
    {
        Result<ResourceSet> set = ResourceReader.ReadAll(request.Files.Select(f => (f.Text, f.Path)));
        if (!set.Ok)
        {
            return Result<ApplyResult>.Failed(set.Problems);
        }

        CatalogChanges planned = await store.PlanAsync(set.Value, prune: false, ResourceSource.Api);
        IReadOnlyList<ContractView> contracts = ContractsOf(set.Value);
        bool breaks = contracts.Any(c => c.Verdict == "breaks");
        if (validateOnly || breaks || planned.Problems.Count > 0)
        {
            return planned.Problems.Count > 0
                ? Result<ApplyResult>.Failed(planned.Problems)
                : new ApplyResult(Applied: false, Views(planned), contracts);
        }

        Result<CatalogChanges> applied = await store.ApplyAsync(set.Value, actor, source: ResourceSource.Api);
        return applied.Ok
            ? new ApplyResult(applied.Value.Any, Views(applied.Value), contracts)
            : Result<ApplyResult>.Failed(applied.Problems);
    }

    /// <inheritdoc/>
    public Result<RolloutPlan> Plan(StartRolloutRequest request)
    {
        RolloutPlan? plan = null;
        if (request.Manifest is { } manifest)
        {
            Result<ResourceSet> set = ResourceReader.Read(manifest, request.ManifestFile ?? "rollout.yaml");
            if (!set.Ok)
            {
                return Result<RolloutPlan>.Failed(set.Problems);
            }

            plan = set.Value.Resources.OfType<Resource.OfRollout>().FirstOrDefault()?.Value;
            if (plan is null || set.Value.Resources.Count != 1)
            {
                return new Problem("bad-manifest", "the file must hold exactly one Rollout.")
                {
                    File = request.ManifestFile,
                };
            }
        }

        string? service = request.Service ?? plan?.Service;
        string? to = request.To ?? plan?.To;
        if (service is null || to is null)
        {
            return new Problem("bad-request", "a rollout needs a service and a release.") { Fix = "Give both, or a file." };
        }

        if (plan is not null && (plan.Service != service || plan.To != to))
        {
            return new Problem("bad-request", $"the file speaks of {plan.Service} -> {plan.To}, the call of {service} -> {to}.");
        }

        return plan is not null && request.Strategy is null ? plan : ReadyMade(service, to, request.Strategy, plan);
    }

    /// <inheritdoc/>
    public Result<IReadOnlyList<ContractView>> CheckContracts(string service, string release)
    {
        CatalogSnapshot catalog = store.Current;
        if (!catalog.Services.TryGetValue(service, out Service? declared))
        {
            return new Problem("unknown-service", $"there is no service '{service}'.");
        }

        if (!catalog.Releases.TryGetValue((service, release), out Release? candidate))
        {
            return new Problem("unknown-release", $"'{service}' has no release '{release}'.");
        }

        string name = routing(service)?.Stable ?? declared.Stable;
        Release stable = catalog.Releases.GetValueOrDefault((service, name)) ?? candidate;
        ContractMatrix matrix = ContractMatrix.Of(catalog.ConsumersOf(service), stable, candidate);
        return Result<IReadOnlyList<ContractView>>.Of(Views(matrix));
    }

    private Result<RolloutPlan> ReadyMade(string service, string to, string? name, RolloutPlan? plan)
    {
        if (!Enum.TryParse(name ?? nameof(Strategy.Parallel), ignoreCase: true, out Strategy strategy))
        {
            return new Problem("bad-strategy", $"there is no strategy '{name}'.") { Fix = "Use parallel, cutover or flag." };
        }

        var segments = store.Current.Segments.Keys.Order(StringComparer.Ordinal).ToList();
        string id = plan?.Name ?? $"{service}-{to}";
        return (plan ?? new RolloutPlan { Name = id, Service = service, To = to, Salt = id, Phases = [] }) with
        {
            Strategy = strategy,
            Phases = StrategyPhases.For(strategy, PhaseTimes.Default, segments),
        };
    }

    private List<ContractView> ContractsOf(ResourceSet set)
    {
        var releases = set.Resources.OfType<Resource.OfRelease>().ToDictionary(r => (r.Value.Service, r.Value.Name), r => r.Value);
        var consumers = store.Current.Consumers.ToDictionary();
        foreach (Consumer consumer in set.Resources.OfType<Resource.OfConsumer>().Select(c => c.Value))
        {
            consumers[(consumer.Service, consumer.Name)] = consumer;
        }

        // A release that breaks a consumer may be declared: what is refused is to roll it out. A consumer that the serving
        // release breaks is refused, because it is broken from its first minute.
        var views = new List<ContractView>();
        foreach (IGrouping<string, Consumer> group in consumers.Values.GroupBy(c => c.Service))
        {
            string? serving = routing(group.Key)?.Stable;
            Release? stable = serving is null
                ? null
                : releases.GetValueOrDefault((group.Key, serving))
                    ?? store.Current.Releases.GetValueOrDefault((group.Key, serving));
            bool touched = set.Resources.OfType<Resource.OfConsumer>().Any(c => c.Value.Service == group.Key);
            if (stable is not null && touched)
            {
                views.AddRange(Views(ContractMatrix.Of(group, stable, candidate: null)));
            }
        }

        return views;
    }

    private static List<ContractView> Views(ContractMatrix matrix) =>
        [
            .. matrix
                .Verdicts.GroupBy(v => (v.Consumer, Release: v.Release ?? ""))
                .Select(group => new ContractView(
                    group.Key.Consumer,
                    group.Key.Release,
                    Wire(group.Max(v => v.Outcome)),
                    [
                        .. group
                            .Where(v => v.Outcome != ContractOutcome.Holds)
                            .Select(v => new ContractFindingView(
                                v.Path,
                                v.Rule.ToString().ToLowerInvariant(),
                                v.Old ?? "",
                                v.New ?? "",
                                Wire(v.Outcome)
                            )
                            {
                                Text = $"{v.Detail} {v.Fix}".TrimEnd(),
                            }),
                    ]
                )),
        ];

    private static List<ChangeView> Views(CatalogChanges changes) =>
        [
            .. changes.Creates.Select(r => View("create", r.Key, [])),
            .. changes.Changes.Select(c => View("change", c.Resource.Key, [.. c.Fields.Select(f => f.ToString())])),
            .. changes.Deletes.Select(k => View("delete", k, [])),
        ];

    private static ChangeView View(string action, ResourceKey key, IReadOnlyList<string> fields) =>
        new(
            action,
            key.Kind.ToString(),
            key.Kind is ResourceKind.Release or ResourceKind.Consumer ? $"{key.Service}/{key.Name}" : key.Name,
            fields
        );

    private static string Wire(ContractOutcome outcome) => outcome.ToString().ToLowerInvariant();
}
