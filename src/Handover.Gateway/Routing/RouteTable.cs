using Handover.Core.Catalog;

namespace Handover.Gateway.Routing;

/// <summary>
/// Which service a request belongs to: the longest prefix of whole path segments wins, and of two equally long ones
/// that which names the host. Immutable, so that a request sees one table from start to end.
/// </summary>
internal sealed class RouteTable
{
    private readonly List<Entry> _entries;

    /// <summary>Makes the table of these services.</summary>
    public RouteTable(IEnumerable<Service> services) =>
        _entries = [
            .. services
                .Select(s => new Entry(s.Name, s.Route, RequestTarget.Split(s.Route.Path.TrimEnd('/'))))
                .OrderByDescending(e => e.Segments.Length)
                .ThenByDescending(e => e.Route.Hosts.Count > 0),
        ];

    /// <summary>Nothing is routed.</summary>
    public static RouteTable Empty { get; } = new([]);

    /// <summary>
    /// Finds the service of a request. Ambiguous when a server that decodes encoded slashes before it splits would read
    /// the path as another service's.
    /// </summary>
    /// <param name="host">Host without port.</param>
    /// <param name="target">What is asked for.</param>
    public RouteMatch Match(string host, RequestTarget target)
    {
        string path = target.Path;
        Entry? found = Find(host, target.Segments);
        if (path.Contains("%2f", StringComparison.OrdinalIgnoreCase))
        {
            string decoded = path.Replace("%2f", "/", StringComparison.OrdinalIgnoreCase);
            string[] other = RequestTarget.Split(decoded);
            if (other.Any(s => s is "." or "..") || Find(host, other) != found)
            {
                return new RouteMatch.Ambiguous();
            }
        }

        return found is null ? new RouteMatch.None() : new RouteMatch.Found(found.Service, Rewrite(found, path));
    }

    private static string Rewrite(Entry entry, string path)
    {
        int at = 0;
        for (int i = 0; i < entry.Segments.Length; i++)
        {
            at = path.IndexOf('/', at + 1);
            at = at < 0 ? path.Length : at;
        }

        string prefix = (entry.Route.Rewrite ?? entry.Route.Path).TrimEnd('/');
        string whole = string.Concat(prefix, path.AsSpan(at));
        return whole.Length == 0 ? "/" : whole;
    }

    private Entry? Find(string host, string[] segments)
    {
        foreach (Entry entry in _entries)
        {
            if (
                segments.AsSpan().StartsWith(entry.Segments)
                && (entry.Route.Hosts.Count == 0 || entry.Route.Hosts.Contains(host, StringComparer.OrdinalIgnoreCase))
            )
            {
                return entry;
            }
        }

        return null;
    }

    private sealed record Entry(string Service, ServiceRoute Route, string[] Segments);
}

/// <summary>What the table says of a request.</summary>
internal abstract record RouteMatch
{
    private RouteMatch() { }

    /// <summary>No service has this path.</summary>
    public sealed record None : RouteMatch;

    /// <summary>Two readings of the path lead to two services.</summary>
    public sealed record Ambiguous : RouteMatch;

    /// <summary>One service has it.</summary>
    /// <param name="Service">Its name.</param>
    /// <param name="MemberPath">The path as the entry member gets it.</param>
    public sealed record Found(string Service, string MemberPath) : RouteMatch;
}
