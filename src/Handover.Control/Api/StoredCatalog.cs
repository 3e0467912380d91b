using System.Globalization;
using Handover.Control.Evidence;
using Handover.Control.Resources;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>The catalogue store as the API needs it: texts in, views out, contracts checked on the way.</summary>
public sealed class StoredCatalog(
    CatalogStore store,
    Func<string, Result<string>>? files = null,
    RecordedContracts? recorded = null
) : ICatalogAccess
{
    private static readonly string[] UsualSegments = ["internal", "beta"];

    /// <inheritdoc/>
    public CatalogSnapshot Snapshot => store.Current;

    /// <inheritdoc/>
    public string Revision => store.Generation.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public async Task<Result<ApplyResult>> ApplyAsync(
        ApplyRequest request,
        bool validateOnly,
        string actor,
        CancellationToken cancel
    )
    {
        if (request.Files is not { Count: > 0 and <= 1000 })
        {
            return new Problem("bad-body", "an apply needs 1 to 1,000 files.") { Field = "files" };
        }

        Result<ResourceSet> read = ResourceReader.ReadAll(request.Files.Select(f => (f.Text, f.Path)), files);
        if (!read.Ok)
        {
            return Result<ApplyResult>.Failed(read.Problems);
        }

        CatalogChanges planned = await store.PlanAsync(read.Value, source: ResourceSource.Api);
        if (planned.Problems.Count > 0)
        {
            return Result<ApplyResult>.Failed(planned.Problems);
        }

        List<ContractView> contracts = await ContractsAsync(planned, cancel);
        if (validateOnly || !planned.Any)
        {
            return View(planned, contracts, applied: false);
        }

        if (BreaksServing(contracts) is { } breaks)
        {
            return breaks;
        }

        Result<CatalogChanges> applied = await store.ApplyAsync(
            read.Value,
            actor,
            source: ResourceSource.Api,
            ifGeneration: planned.Generation
        );
        return applied.Ok
            ? View(applied.Value, contracts, applied: true)
            : Result<ApplyResult>.Failed(applied.Problems);
    }

    /// <inheritdoc/>
    public Result<RolloutPlan> Plan(StartRolloutRequest request)
    {
        Strategy? strategy = null;
        if (request.Strategy is not null)
        {
            if (!Enum.TryParse(request.Strategy, ignoreCase: true, out Strategy named) || !Enum.IsDefined(named))
            {
                return new Problem("bad-body", $"there is no strategy '{request.Strategy}'.")
                {
                    Field = "strategy",
                    Fix = "Use parallel, cutover or flag.",
                };
            }

            strategy = named;
        }

        return request.Manifest is { } text ? FromManifest(request, text, strategy) : FromNames(request, strategy);
    }

    /// <inheritdoc/>
    public async Task<Result<IReadOnlyList<ContractView>>> CheckContractsAsync(
        string service,
        string release,
        CancellationToken cancel
    )
    {
        CatalogSnapshot catalog = store.Current;
        if (!catalog.Releases.TryGetValue((service, release), out Release? found))
        {
            return new Problem("unknown-release", $"the service '{service}' has no release '{release}'.");
        }

        // Both releases serve during a rollout, so stable is in the matrix beside the release that is asked about.
        string? stable = store.ServingRelease(service) ?? catalog.Services.GetValueOrDefault(service)?.Stable;
        List<Release> live = [];
        if (stable != release && catalog.Releases.TryGetValue((service, stable ?? ""), out Release? serving))
        {
            live.Add(serving);
        }

        live.Add(found);
        List<Consumer> consumers = [.. catalog.ConsumersOf(service)];
        var answers = await AnswersAsync(catalog.Services.GetValueOrDefault(service), consumers, live, cancel);
        return Result<IReadOnlyList<ContractView>>.Of([.. live.SelectMany(r => Check(consumers, r, answers))]);
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>?> AnswersAsync(
        Service? service,
        IEnumerable<Consumer> consumers,
        IEnumerable<Release> releases,
        CancellationToken cancel
    ) =>
        recorded is null || service is null
            ? null
            : await recorded.OfAsync(service, consumers, releases.Select(r => r.Name), cancel);

    private static Result<RolloutPlan> FromManifest(StartRolloutRequest request, string text, Strategy? strategy)
    {
        string file = request.ManifestFile ?? "rollout.yaml";
        Result<ResourceSet> read = ResourceReader.Read(text, file);
        if (!read.Ok)
        {
            return Result<RolloutPlan>.Failed(read.Problems);
        }

        if (read.Value.Resources is not [Resource.OfRollout { Value: var plan }])
        {
            return new Problem("bad-manifest", "the file must hold one Rollout and nothing else.") { File = file };
        }

        (string Name, string? Asked, string Written)[] pairs =
        [
            ("service", request.Service, plan.Service),
            ("to", request.To, plan.To),
            ("strategy", strategy?.ToString(), plan.Strategy.ToString()),
        ];
        foreach ((string name, string? asked, string written) in pairs)
        {
            if (asked is not null && !string.Equals(asked, written, StringComparison.Ordinal))
            {
                return new Problem("bad-manifest", $"{name} is '{written}' in the file, but '{asked}' was asked for.")
                {
                    File = file,
                    Fix = "Make them agree, or leave it out of the command.",
                };
            }
        }

        return plan;
    }

    private Result<RolloutPlan> FromNames(StartRolloutRequest request, Strategy? strategy)
    {
        if (string.IsNullOrEmpty(request.Service) || string.IsNullOrEmpty(request.To))
        {
            return new Problem("bad-body", "a rollout needs 'service' and 'to', or a 'manifest'.");
        }

        List<RolloutPlan> declared =
        [
            .. store.Plans.Values.Where(p =>
                p.Service == request.Service && p.To == request.To && (strategy is null || p.Strategy == strategy)
            ),
        ];
        if (declared.Count == 1)
        {
            return declared[0];
        }

        Strategy chosen = strategy ?? Strategy.Parallel;
        string name = $"{request.Service}-{request.To}";
        IReadOnlyList<string> segments = [.. UsualSegments.Where(store.Current.Segments.ContainsKey)];
        return new RolloutPlan
        {
            Name = name,
            Service = request.Service,
            To = request.To,
            Strategy = chosen,
            Salt = name,
            Phases = StrategyPhases.For(chosen, PhaseTimes.Default, segments),
        };
    }

    // What a release that nobody is served by would break is told, and refused when it is rolled out; what would break
    // a consumer of the release that serves now is refused at once.
    private Problem? BreaksServing(List<ContractView> contracts)
    {
        ContractView? broken = contracts.Find(c => c.Verdict == "breaks" && IsServing(c));
        if (broken is null)
        {
            return null;
        }

        ContractFindingView worst = broken.Findings[0];
        return new Problem(
            "contract-breaks",
            $"consumer '{broken.Consumer}' could not read the release '{broken.Release}' that serves now: {worst.Text}"
        )
        {
            Field = worst.Path,
        };

        bool IsServing(ContractView view) =>
            store.Current.Services.Values.Any(s =>
                string.Equals(store.ServingRelease(s.Name) ?? s.Stable, view.Release, StringComparison.Ordinal)
                && store.Current.Releases.ContainsKey((s.Name, view.Release))
            );
    }

    private async Task<List<ContractView>> ContractsAsync(CatalogChanges planned, CancellationToken cancel)
    {
        List<Resource> changed = [.. planned.Creates, .. planned.Changes.Select(c => c.Resource)];
        var releases = new Dictionary<(string, string), Release>(store.Current.Releases);
        var consumers = new Dictionary<(string, string), Consumer>(store.Current.Consumers);
        foreach (Resource resource in changed)
        {
            if (resource is Resource.OfRelease { Value: var release })
            {
                releases[(release.Service, release.Name)] = release;
            }
            else if (resource is Resource.OfConsumer { Value: var consumer })
            {
                consumers[(consumer.Service, consumer.Name)] = consumer;
            }
        }

        HashSet<string> newReleases = [.. changed.OfType<Resource.OfRelease>().Select(r => r.Key.Id)];
        HashSet<string> newConsumers = [.. changed.OfType<Resource.OfConsumer>().Select(r => r.Key.Id)];
        var views = new List<ContractView>();
        foreach (Release release in releases.Values.OrderBy(r => r.Service + "/" + r.Name, StringComparer.Ordinal))
        {
            bool isNew = newReleases.Contains(new ResourceKey(ResourceKind.Release, release.Service, release.Name).Id);
            List<Consumer> asked =
            [
                .. consumers.Values.Where(c =>
                    c.Service == release.Service
                    && (isNew || newConsumers.Contains(new ResourceKey(ResourceKind.Consumer, c.Service, c.Name).Id))
                ),
            ];
            Service? service = store.Current.Services.GetValueOrDefault(release.Service);
            views.AddRange(Check(asked, release, await AnswersAsync(service, asked, [release], cancel)));
        }

        return views;
    }

    private static List<ContractView> Check(
        IEnumerable<Consumer> consumers,
        Release release,
        IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>? answers
    )
    {
        Consumer[] asked = [.. consumers.OrderBy(c => c.Name, StringComparer.Ordinal)];
        ContractMatrix matrix = ContractMatrix.Of(asked, release, null, answers);
        ILookup<string, ContractVerdict> found = matrix.Verdicts.ToLookup(v => v.Consumer, StringComparer.Ordinal);
        return
        [
            .. asked.Select(consumer => new ContractView(
                consumer.Name,
                release.Name,
                RolloutViews.Wire(found[consumer.Name].Select(v => v.Outcome).DefaultIfEmpty().Max()),
                [.. found[consumer.Name].Where(v => v.Outcome != ContractOutcome.Holds).Select(Finding)]
            )),
        ];
    }

    private static ContractFindingView Finding(ContractVerdict verdict) =>
        new(
            verdict.Path,
            RolloutViews.Wire(verdict.Rule),
            verdict.Old ?? "",
            verdict.New ?? "",
            RolloutViews.Wire(verdict.Outcome)
        )
        {
            Text = verdict.Fix is null ? verdict.Detail : $"{verdict.Detail} {verdict.Fix}",
        };

    private static ApplyResult View(CatalogChanges changes, List<ContractView> contracts, bool applied) =>
        new(
            applied,
            [
                .. changes.Creates.Select(r => new ChangeView("create", $"{r.Key.Kind}", NameOf(r.Key), [])),
                .. changes.Changes.Select(c => new ChangeView(
                    "change",
                    $"{c.Resource.Key.Kind}",
                    NameOf(c.Resource.Key),
                    [.. c.Fields.Select(f => f.ToString())]
                )),
                .. changes.Deletes.Select(k => new ChangeView("delete", $"{k.Kind}", NameOf(k), [])),
            ],
            contracts
        );

    private static string NameOf(ResourceKey key) => key.Service is null ? key.Name : $"{key.Service}/{key.Name}";
}
