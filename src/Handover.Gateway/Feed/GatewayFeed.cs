using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Holding;
using Handover.Gateway.Routing;
using Handover.Ports;

namespace Handover.Gateway.Feed;

/// <summary>
/// Takes configurations in and keeps one unit per service, so that who is in flight and who waits outlives every
/// configuration. Readers see one table at a time.
/// </summary>
/// <param name="clients">Makes clients of endpoints.</param>
/// <param name="loop">Runs the move agents.</param>
/// <param name="files">Kill switches that are in force already.</param>
/// <param name="time">Clock of the holds.</param>
internal sealed class GatewayFeed(MemberClients clients, AgentLoop loop, KillSwitchFiles files, TimeProvider time)
{
    private readonly Lock _gate = new();

    // A service that was taken out keeps its unit and its agent: its requests may still be in flight, and it stays a
    // member of the service's moves until the gateway stops.
    private readonly Dictionary<string, ServiceUnit> _units = [];
    private volatile FeedTable _table = new(RouteTable.Empty, new Dictionary<string, ServiceUnit>());

    /// <summary>Routes and units that belong together.</summary>
    public FeedTable Table => _table;

    /// <summary>Replaces everything but routing.</summary>
    public void Configure(GatewayConfiguration configuration)
    {
        lock (_gate)
        {
            ServiceConfiguration[] services = [.. configuration.Services.Values];
            var pools = clients.Replace([.. services.Select(s => s.Releases)]);
            var units = new Dictionary<string, ServiceUnit>(services.Length);
            for (int i = 0; i < services.Length; i++)
            {
                ServiceConfiguration declared = services[i];
                var settings = new ServiceSettings(
                    declared.Service,
                    pools[i],
                    declared.Mirror,
                    declared.Flag,
                    configuration.PinKeys,
                    Adapters(declared),
                    declared.OverrideTokenHashes,
                    declared.Service.Tokens is { } tokens ? new TokenDesk(tokens, time) : null
                );
                units.Add(declared.Service.Name, Enlist(settings));
            }

            _table = new FeedTable(new RouteTable(services.Select(s => s.Service)), units);
        }
    }

    private static Dictionary<string, AnswerAdapter> Adapters(ServiceConfiguration declared) =>
        declared.Adapters.ToDictionary(a => a.Key, a => AnswerAdapter.Compile(a.Value).Value, StringComparer.Ordinal);

    private ServiceUnit Enlist(ServiceSettings settings)
    {
        if (_units.TryGetValue(settings.Service.Name, out ServiceUnit? unit))
        {
            unit.Configure(settings);
            return unit;
        }

        // Before the first request, not at the first look of the loop: a restart must not open what was shut.
        unit = new ServiceUnit(settings, time);
        unit.Switch(files.Read(settings.Service.Name));
        _units.Add(settings.Service.Name, unit);
        loop.Add(unit);
        return unit;
    }
}

/// <summary>Routes and the units that they lead to.</summary>
/// <param name="Routes">The routes.</param>
/// <param name="Units">Units by service.</param>
internal sealed record FeedTable(RouteTable Routes, IReadOnlyDictionary<string, ServiceUnit> Units);
