using System.Collections.Immutable;
using Handover.Control.Resources;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Control.Stores;

/// <summary>
/// Works out what a set of resources would do to the catalogue and what forbids it. Values in, values out: the store
/// only writes down what was planned here.
/// </summary>
internal sealed class CatalogPlanner(ImmutableDictionary<string, StoredResource> stored)
{
    private readonly List<Problem> _problems = [];

    /// <summary>Which release serves by routing; null when that is not known.</summary>
    public Func<string, string?> ServingRelease { get; init; } = _ => null;

    /// <summary>Why a resource can't go, beyond what the catalogue knows; null when it can.</summary>
    public Func<ResourceKey, string?> InUse { get; init; } = _ => null;

    public CatalogChanges Plan(ResourceSet set, IReadOnlyCollection<ResourceKey> deletes, ResourceSource source)
    {
        var creates = new List<Resource>();
        var changes = new List<ResourceChange>();
        int unchanged = 0;
        ImmutableDictionary<string, StoredResource>.Builder after = stored.ToBuilder();
        var places = new Dictionary<string, Resource>(StringComparer.Ordinal);
        foreach (Resource resource in set.Resources)
        {
            string json = ResourceWriter.ToJson(resource);
            string etag = ResourceWriter.EtagOf(json);
            places[resource.Key.Id] = resource;
            if (!stored.TryGetValue(resource.Key.Id, out StoredResource? old))
            {
                creates.Add(resource);
                CheckNew(resource, source);
            }
            else if (old.Etag == etag)
            {
                unchanged++;
                continue;
            }
            else
            {
                var change = new ResourceChange(resource, ResourceDiff.Between(old.Json, json));
                changes.Add(change);
                CheckChange(change, old, source);
            }

            after[resource.Key.Id] = new StoredResource(resource, json, etag, 0, source, default, "");
        }

        foreach (ResourceKey key in deletes)
        {
            after.Remove(key.Id);
            if (InUse(key) is { } reason)
            {
                string fix = "End what uses it first.";
                _problems.Add(new Problem("in-use", $"{key} can't be deleted: {reason}.") { Fix = fix });
            }
        }

        (CatalogSnapshot snapshot, IReadOnlyDictionary<string, RolloutPlan> plans) = Snapshot(after.Values);
        _problems.AddRange(CatalogValidator.Validate(snapshot, plans, k => places.GetValueOrDefault(k.Id)));
        return new CatalogChanges
        {
            Creates = creates,
            Changes = changes,
            Deletes = [.. deletes.OrderByDescending(k => k.Kind).ThenBy(k => k.Id, StringComparer.Ordinal)],
            Unchanged = unchanged,
            Problems = _problems,
        };
    }

    /// <summary>What readers see of stored resources.</summary>
    public static (CatalogSnapshot Snapshot, IReadOnlyDictionary<string, RolloutPlan> Plans) Snapshot(
        IEnumerable<StoredResource> all
    )
    {
        var services = new Dictionary<string, Service>(StringComparer.Ordinal);
        var releases = new Dictionary<(string, string), Release>();
        var consumers = new Dictionary<(string, string), Consumer>();
        var views = new Dictionary<string, FeatureView>(StringComparer.Ordinal);
        var segments = new Dictionary<string, Segment>(StringComparer.Ordinal);
        var plans = new Dictionary<string, RolloutPlan>(StringComparer.Ordinal);
        foreach (Resource resource in all.Select(s => s.Resource))
        {
            switch (resource)
            {
                case Resource.OfService x:
                    services[x.Value.Name] = x.Value;
                    break;
                case Resource.OfRelease x:
                    releases[(x.Value.Service, x.Value.Name)] = x.Value;
                    break;
                case Resource.OfConsumer x:
                    consumers[(x.Value.Service, x.Value.Name)] = x.Value;
                    break;
                case Resource.OfFeatureView x:
                    views[x.Value.Name] = x.Value;
                    break;
                case Resource.OfSegment x:
                    segments[x.Value.Name] = x.Value;
                    break;
                case Resource.OfRollout x:
                    plans[x.Value.Name] = x.Value;
                    break;
                default:
                    Invariant.Unreachable<int>($"no place in the catalogue for {resource}");
                    break;
            }
        }

        var snapshot = new CatalogSnapshot
        {
            Services = services,
            Releases = releases,
            Consumers = consumers,
            FeatureViews = views,
            Segments = segments,
        };
        return (snapshot, plans);
    }

    private void CheckNew(Resource resource, ResourceSource source)
    {
        if (source == ResourceSource.Directory || resource is not Resource.OfRelease release)
        {
            return;
        }

        foreach ((string name, Member member) in release.Value.Members)
        {
            if (member is Member.Process)
            {
                const string Fix = "Put the release into a file in the configuration directory.";
                string message = $"{resource.Key}: a process member runs a command, so it can't come through the API.";
                Add("process-from-api", resource, $"spec.members.{name}", message, Fix);
            }
        }
    }

    private void CheckChange(ResourceChange change, StoredResource old, ResourceSource source)
    {
        if (change.Resource is Resource.OfRelease)
        {
            string what = string.Join("; ", change.Fields.Take(5));
            string message = $"{change.Resource.Key} is immutable and would change: {what}.";
            Add("release-immutable", change.Resource, change.Fields[0].Path, message, "Give it a new name.");
        }
        else if (change.Resource is Resource.OfService now && old.Resource is Resource.OfService before)
        {
            CheckStable(now, before.Value.Stable);
        }
        else if (change.Resource is Resource.OfRollout plan && plan.Key.Service != old.Resource.Key.Service)
        {
            string message = $"{old.Resource.Key} has this name; names of rollouts are unique among services.";
            Add("name-taken", change.Resource, "metadata.name", message, "Choose another name.");
        }

        CheckNew(change.Resource, source);
    }

    /// <summary>Which release is stable is the routing's to say; the file may only follow it.</summary>
    private void CheckStable(Resource.OfService service, string before)
    {
        string wanted = service.Value.Stable;
        if (wanted == before || ServingRelease(service.Value.Name) == wanted)
        {
            return;
        }

        string message = $"{service.Key}: rollouts own which release is stable; a file can't move traffic.";
        string fix = $"Keep '{before}' and run: handover rollout start {service.Value.Name} --to {wanted}.";
        Add("stable-owned-by-rollouts", service, "spec.stable", message, fix);
    }

    private void Add(string code, Resource resource, string field, string message, string fix) =>
        _problems.Add(
            new Problem(code, message)
            {
                File = resource.File,
                Line = resource.Line,
                Column = resource.Line > 0 ? 1 : 0,
                Field = field,
                Fix = fix,
            }
        );
}
