using Handover.Core.Catalog;
using Handover.Ports;

namespace Handover.App.Node;

/// <summary>
/// A node that has just started accepts connections before its members do. It calls itself ready when the stable release
/// of every service has been ready once; what happens later is the service's trouble, not a reason to take the whole node
/// out of a load balancer.
/// </summary>
public sealed class FirstReadiness(
    Func<CatalogSnapshot> catalog,
    Func<string, string?> stableOf,
    Func<string, string, StackStatus?> status
)
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>What is still awaited, for people; null when nothing is.</summary>
    public string? Awaited()
    {
        lock (_gate)
        {
            foreach (Service service in catalog().Services.Values.Where(s => !_seen.Contains(s.Name)))
            {
                string release = stableOf(service.Name) ?? service.Stable;
                if (status(service.Name, release) is not { Ready: true })
                {
                    return $"release {release} of {service.Name} has not been ready yet";
                }

                _seen.Add(service.Name);
            }

            return null;
        }
    }
}
