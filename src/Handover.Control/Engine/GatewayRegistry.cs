using System.Collections.Concurrent;
using Handover.Core.Moves;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// The gateways that this coordinator can reach, by id. One lives in the same process today; a move is made by the same
/// code for one as for many. A member of the store's list that is not here is a silent gateway: it blocks a move.
/// </summary>
public sealed class GatewayRegistry
{
    private readonly ConcurrentDictionary<string, IGatewayPort> _gateways = new(StringComparer.Ordinal);

    /// <summary>Answers of all gateways. Handlers must not block.</summary>
    public event Action<GatewayReply>? Replied;

    /// <summary>Every gateway that can be reached.</summary>
    public IReadOnlyCollection<IGatewayPort> All => (IReadOnlyCollection<IGatewayPort>)_gateways.Values;

    /// <summary>Adds a gateway; one of the same id (a former incarnation) is replaced.</summary>
    public void Add(IGatewayPort gateway)
    {
        if (_gateways.TryRemove(gateway.Id, out IGatewayPort? former))
        {
            former.Replied -= OnReplied;
        }

        _gateways[gateway.Id] = gateway;
        gateway.Replied += OnReplied;
    }

    /// <summary>Removes a gateway; one that is not there is no error.</summary>
    public void Remove(string id)
    {
        if (_gateways.TryRemove(id, out IGatewayPort? gateway))
        {
            gateway.Replied -= OnReplied;
        }
    }

    /// <summary>The gateway of this id; null when it cannot be reached.</summary>
    public IGatewayPort? Find(string id) => _gateways.GetValueOrDefault(id);

    private void OnReplied(GatewayReply reply) => Replied?.Invoke(reply);
}
