using Handover.Core.Catalog;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// Tells the gateway everything besides routing, always as one whole document: services, the endpoints of running
/// stacks, mirrors and keys. Called whenever any of them may have changed; builds from what is, never from what
/// changed.
/// </summary>
public sealed class GatewayPublisher(IGatewayPort gateway, IRuntimePort runtime, Func<IReadOnlyList<byte[]>> pinKeys)
{
    private static readonly TimeSpan MirrorTimeout = TimeSpan.FromSeconds(5);
    private const int MirrorConcurrency = 32;

    private readonly Lock _gate = new();

    /// <summary>Publishes the configuration that follows from the arguments.</summary>
    /// <param name="catalog">What users declared.</param>
    /// <param name="stacks">Stacks that may be running, as (service, release).</param>
    /// <param name="mirrors">Mirrors that open rollouts want, by service.</param>
    /// <param name="flags">Flags that decide who is eligible in open rollouts, by service.</param>
    /// <param name="overrideHashes">Hashes of tokens whose bearer may name a release.</param>
    public void Publish(
        CatalogSnapshot catalog,
        IReadOnlyCollection<(string Service, string Release)> stacks,
        IReadOnlyDictionary<string, WantedMirror> mirrors,
        IReadOnlyDictionary<string, Core.Rollouts.OutsideFlag> flags,
        IReadOnlyList<string> overrideHashes
    )
    {
        lock (_gate)
        {
            var services = new Dictionary<string, ServiceConfiguration>(StringComparer.Ordinal);
            foreach (Service service in catalog.Services.Values)
            {
                var releases = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>>(
                    StringComparer.Ordinal
                );
                foreach ((_, string release) in stacks.Where(s => s.Service == service.Name))
                {
                    if (runtime.Status(service.Name, release) is { } status)
                    {
                        releases[release] = status.Members;
                    }
                }

                services[service.Name] = new ServiceConfiguration(service, releases)
                {
                    Adapters = catalog
                        .Releases.Values.Where(r => r.Service == service.Name && r.Adapter is not null)
                        .ToDictionary(r => r.Name, r => r.Adapter!, StringComparer.Ordinal),
                    Mirror = mirrors.TryGetValue(service.Name, out WantedMirror? wanted)
                        ? Mirror(wanted, catalog)
                        : null,
                    Flag = flags.GetValueOrDefault(service.Name),
                    OverrideTokenHashes = overrideHashes,
                };
            }

            gateway.Configure(new GatewayConfiguration(services, pinKeys()));
        }
    }

    private static MirrorConfiguration Mirror(WantedMirror wanted, CatalogSnapshot catalog) =>
        new(wanted.Mirror.Release, wanted.Mirror.Share, MirrorConcurrency, MirrorTimeout)
        {
            Rollout = wanted.Rollout,
            Redraw = wanted.Mirror.Redraw,
            Segments = [.. wanted.Segments.Select(name => catalog.Segments.GetValueOrDefault(name)).OfType<Segment>()],
        };
}

/// <summary>The copies that an open rollout wants.</summary>
/// <param name="Rollout">Id of the rollout.</param>
/// <param name="Mirror">Which, and how many.</param>
/// <param name="Segments">The segments that the plan names, in its order: copies are told apart by them.</param>
public sealed record WantedMirror(
    string Rollout,
    Core.Rollouts.RolloutEffect.Mirror Mirror,
    IReadOnlyList<string> Segments
);
