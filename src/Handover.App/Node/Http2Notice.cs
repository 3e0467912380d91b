using Handover.Control.Stores;
using Handover.Core.Catalog;
using Microsoft.Extensions.Logging;

namespace Handover.App.Node;

/// <summary>
/// Says of each gRPC service, once, that nobody can reach it on this node: its clients speak HTTP/2, which has an
/// address of its own. Whether it is applied before the start or while the node runs.
/// </summary>
/// <param name="catalog">What is declared.</param>
/// <param name="log">Told.</param>
public sealed partial class Http2Notice(Func<CatalogSnapshot> catalog, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Looks now and at each change, on a node that has no such address.</summary>
    public static void Watch(CatalogStore store, Uri? http2, ILoggerFactory logs)
    {
        if (http2 is null)
        {
            var notice = new Http2Notice(() => store.Current, logs.CreateLogger<Http2Notice>());
            notice.Look();
            store.Changed += notice.Look;
        }
    }

    /// <summary>Looks at the catalog as it is now.</summary>
    public void Look()
    {
        lock (_gate)
        {
            IEnumerable<Service> services = catalog().Services.Values;
            foreach (Service service in services.Where(s => s.Protocol == WireProtocol.OpenInferenceGrpc))
            {
                if (_told.Add(service.Name))
                {
                    LogUnreachable(service.Name);
                }
            }
        }
    }

    [LoggerMessage(
        1020,
        LogLevel.Warning,
        "service {Service} speaks gRPC, and this node has no HTTP/2 address: no client can reach it, and it cannot be "
            + "warmed. Start the node with --http2-url, such as --http2-url http://127.0.0.1:8081"
    )]
    private partial void LogUnreachable(string service);
}
