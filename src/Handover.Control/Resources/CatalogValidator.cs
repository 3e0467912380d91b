using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>
/// Checks what no single resource can know: that everything that is referred to exists and that no two services want
/// the same request. Runs on the whole catalogue as it would be after the change, so that applying is all or nothing.
/// </summary>
public static class CatalogValidator
{
    /// <summary>Every broken reference and collision; empty when the catalogue is sound.</summary>
    public static IReadOnlyList<Problem> Validate(CatalogSnapshot catalog) =>
        Validate(catalog, new Dictionary<string, RolloutPlan>(), _ => null);

    /// <summary>The same with rollout plans; <paramref name="placeOf"/> finds where a resource was declared.</summary>
    public static IReadOnlyList<Problem> Validate(
        CatalogSnapshot catalog,
        IReadOnlyDictionary<string, RolloutPlan> plans,
        Func<ResourceKey, Resource?> placeOf
    )
    {
        var checks = new Checks(catalog, placeOf);
        foreach (Service service in catalog.Services.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            checks.Service(service);
        }

        checks.Routes();
        foreach (Release release in catalog.Releases.Values.OrderBy(r => (r.Service, r.Name)))
        {
            checks.Release(release);
        }

        foreach (Consumer consumer in catalog.Consumers.Values.OrderBy(c => (c.Service, c.Name)))
        {
            checks.Consumer(consumer);
        }

        foreach (RolloutPlan plan in plans.Values.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            checks.Plan(plan);
        }

        return checks.Problems;
    }

    private sealed class Checks(CatalogSnapshot catalog, Func<ResourceKey, Resource?> placeOf)
    {
        private readonly List<Problem> _problems = [];

        public IReadOnlyList<Problem> Problems => _problems;

        public void Service(Service service)
        {
            var key = new ResourceKey(ResourceKind.Service, null, service.Name);
            if (!catalog.Releases.ContainsKey((service.Name, service.Stable)))
            {
                Missing(key, "spec.stable", $"release '{service.Stable}'", ReleasesOf(service.Name));
            }

            Refuse(key, GrpcRules.Check(service));

            // A label would be compared with the word that stands in the output's place.
            if (service.Labels is { } labels && Covering(service, labels.Output) is { } pointer)
            {
                string message = $"'{pointer}' redacts '{labels.Output}', the output that labels are compared with.";
                const string Fix = "Redact less, or leave spec.labels out.";
                Add("redacted-label", key, "spec.journal.redact", message, Fix);
            }
        }

        private static string? Covering(Service service, string output)
        {
            string[] roots = service.Protocol switch
            {
                WireProtocol.OpenInference => ["/outputs"],
                WireProtocol.TensorFlowServing => ["/outputs", "/predictions"],
                WireProtocol.OpenAi => ["/choices"],
                _ => [output.StartsWith('/') ? output : $"/{output}"],
            };

            // Of a tensor's place in the answer only the list is known, so that anything inside may be it.
            bool inside = service.Protocol != WireProtocol.Json;
            return service.Journal.Redact.FirstOrDefault(pointer =>
                roots.Any(root =>
                    root == pointer
                    || root.StartsWith(pointer + "/", StringComparison.Ordinal)
                    || (inside && pointer.StartsWith(root + "/", StringComparison.Ordinal))
                )
            );
        }

        // What a tensor is would never be looked up: there are none in the answers.
        private void Meanings(ResourceKey key, Release release, Service service)
        {
            bool none = service.Protocol == WireProtocol.Json;
            foreach (TensorSpec tensor in none ? AdaptedOutput.Of(release)?.Tensors ?? [] : [])
            {
                if (tensor.As != OutputKind.Auto)
                {
                    string message =
                        $"'{tensor.Name}' has 'as', but {service.Name} answers plain JSON, without tensors.";
                    string fix = $"Name its place in the rollout: compare: [{{ path: /{tensor.Name}, as: ... }}].";
                    Add("as-without-tensors", key, "spec.output.tensors", message, fix);
                }
            }
        }

        public void Release(Release release)
        {
            var key = new ResourceKey(ResourceKind.Release, release.Service, release.Name);
            if (!catalog.Services.TryGetValue(release.Service, out Service? service))
            {
                Missing(key, "metadata.service", $"service '{release.Service}'", catalog.Services.Keys);
                return;
            }

            if (!release.Members.ContainsKey(service.Entry))
            {
                string message = $"has no member '{service.Entry}', which is the entry of service {service.Name}.";
                string fix = $"Its members: {string.Join(", ", release.Members.Keys)}.";
                Add("missing-entry", key, "spec.members", message, fix);
            }

            if (
                service.Labels is { } labels
                && AdaptedOutput.Of(release) is { Document: null } output
                && !output.Tensors.Any(t => t.Name == labels.Output)
            )
            {
                string message = $"does not answer '{labels.Output}', the output that labels are compared with.";
                string fix = NearestName.Advice(labels.Output, output.Tensors.Select(t => t.Name).ToList());
                Add("missing-output", key, "spec.output.tensors", message, fix);
            }

            Meanings(key, release, service);
            if (release.Adapter is OutputAdapter.Tensors && service.Protocol != WireProtocol.OpenInference)
            {
                const string Fix = "Use jmespath.";
                string message =
                    $"tensors can be adapted in answers of open-inference only, and {service.Name} is none.";
                Add("bad-adapter", key, "spec.adapter.output", message, Fix);
            }

            Refuse(key, GrpcRules.Check(service, release));
            foreach (FeatureUse use in release.Features)
            {
                Feature(key, use);
            }

            foreach (string? member in (string?[])[release.Index?.Embeds, release.Index?.Searches])
            {
                if (member is not null && !release.Members.ContainsKey(member))
                {
                    Missing(key, "spec.uses.index", $"member '{member}'", release.Members.Keys);
                }
            }

            foreach ((string name, Member member) in release.Members)
            {
                if (member is Member.Http http && http.Endpoints.FirstOrDefault(IsLinkLocal) is { } url)
                {
                    string field = $"spec.members.{name}.endpoints";
                    Add("link-local", key, field, $"{url} is link-local.", "Such addresses are never called.");
                }
            }
        }

        public void Consumer(Consumer consumer)
        {
            var key = new ResourceKey(ResourceKind.Consumer, consumer.Service, consumer.Name);
            if (catalog.Services.TryGetValue(consumer.Service, out Service? service))
            {
                Refuse(key, GrpcRules.Check(service, consumer));
            }
            else
            {
                Missing(key, "metadata.service", $"service '{consumer.Service}'", catalog.Services.Keys);
            }

            if (consumer.Notify?.Url is { } url && IsLinkLocal(url))
            {
                Add("link-local", key, "spec.notify.url", $"{url} is link-local.", "Such addresses are never called.");
            }
        }

        public void Plan(RolloutPlan plan)
        {
            var key = new ResourceKey(ResourceKind.Rollout, plan.Service, plan.Name);
            if (!catalog.Services.TryGetValue(plan.Service, out Service? service))
            {
                Missing(key, "metadata.service", $"service '{plan.Service}'", catalog.Services.Keys);
                return;
            }

            foreach (Problem fault in PlanRules.Check(plan))
            {
                Add(fault.Code, key, fault.Field ?? "spec", fault.Message, fault.Fix);
            }

            if (!catalog.Releases.ContainsKey((plan.Service, plan.To)))
            {
                Missing(key, "spec.to", $"release '{plan.To}'", ReleasesOf(plan.Service));
            }

            IEnumerable<Phase.Shift> shifts = plan.Phases.OfType<Phase.Shift>();
            foreach (string segment in shifts.Select(s => s.Segment).OfType<string>().Distinct())
            {
                if (!catalog.Segments.ContainsKey(segment))
                {
                    Missing(key, "spec.phases", $"segment '{segment}'", catalog.Segments.Keys);
                }
            }

            if (service.Labels is null && plan.Gates.Metrics.Any(m => m.Name == "loss"))
            {
                const string Fix = "Declare spec.labels of the service, or leave the metric out.";
                Add("missing-labels", key, "spec.gates.metrics", $"'loss' needs labels of {service.Name}.", Fix);
            }
        }

        /// <summary>No two services may want the same path on the same host.</summary>
        public void Routes()
        {
            var taken = new Dictionary<string, Service>(StringComparer.Ordinal);
            foreach (Service service in catalog.Services.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                IReadOnlyList<string> hosts = service.Route.Hosts.Count > 0 ? service.Route.Hosts : ["*"];
                foreach (string host in hosts.Distinct())
                {
                    if (taken.TryAdd($"{host} {service.Route.Path}", service))
                    {
                        continue;
                    }

                    string other = taken[$"{host} {service.Route.Path}"].Name;
                    string on = host == "*" ? "every host" : host;
                    string message = $"{service.Route.Path} on {on} belongs to service {other} already.";
                    var key = new ResourceKey(ResourceKind.Service, null, service.Name);
                    Add("route-collision", key, "spec.route", message, "Give one of them another path or host.");
                }
            }
        }

        private void Feature(ResourceKey key, FeatureUse use)
        {
            if (!catalog.FeatureViews.TryGetValue(use.View, out FeatureView? view))
            {
                Missing(key, "spec.uses.features", $"feature view '{use.View}'", catalog.FeatureViews.Keys);
                return;
            }

            FeatureViewVersion? version = view.Versions.FirstOrDefault(v => v.Version == use.Version);
            if (version is null)
            {
                string fix = $"Served: {string.Join(", ", view.Versions.Select(v => v.Version))}.";
                string message = $"there is no version {use.Version} of feature view {use.View}.";
                Add("missing-reference", key, "spec.uses.features", message, fix);
                return;
            }

            foreach (string field in use.Fields.Where(f => !version.Fields.Any(x => x.Name == f)))
            {
                string view2 = $"version {use.Version} of feature view {use.View}";
                string fix = NearestName.Advice(field, version.Fields.Select(f => f.Name).ToList());
                Add("missing-reference", key, "spec.uses.features", $"{view2} has no field '{field}'.", fix);
            }
        }

        private void Refuse(ResourceKey key, IEnumerable<Problem> faults)
        {
            foreach (Problem fault in faults)
            {
                Add(fault.Code, key, fault.Field!, fault.Message, fault.Fix);
            }
        }

        private List<string> ReleasesOf(string service) =>
            [.. catalog.Releases.Keys.Where(k => k.Service == service).Select(k => k.Release)];

        private void Missing(ResourceKey key, string field, string what, IEnumerable<string> known)
        {
            var names = known.Order(StringComparer.Ordinal).Take(20).ToList();
            string wanted = what.Split('\'')[1];
            string fix = names.Count == 0 ? "None is declared yet." : NearestName.Advice(wanted, names);
            Add("missing-reference", key, field, $"there is no {what}.", fix);
        }

        private void Add(string code, ResourceKey key, string field, string message, string? fix)
        {
            Resource? place = placeOf(key);
            _problems.Add(
                new Problem(code, $"{key}: {message}")
                {
                    File = place?.File,
                    Line = place?.Line ?? 0,
                    Column = place is { Line: > 0 } ? 1 : 0,
                    Field = field,
                    Fix = fix,
                }
            );
        }

        private static bool IsLinkLocal(Uri url) =>
            System.Net.IPAddress.TryParse(url.Host.Trim('[', ']'), out System.Net.IPAddress? address)
            && (
                address.IsIPv6LinkLocal
                || (
                    address.MapToIPv4().GetAddressBytes() is [169, 254, ..]
                    && (address.IsIPv4MappedToIPv6 || address.GetAddressBytes().Length == 4)
                )
            );
    }
}
