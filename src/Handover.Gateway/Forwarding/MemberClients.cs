using System.Net;
using System.Net.Sockets;
using System.Text;
using Handover.Gateway.Upstream;
using Handover.Ports;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// Makes and keeps the clients of members. A client stays while its endpoint is configured, so that a change of routing
/// never costs a connection; one that is not configured any more is let go after the requests that still know it are
/// done.
/// </summary>
/// <param name="policy">Which addresses may be dialled.</param>
/// <param name="direct">Whether plain requests go over connections of our own.</param>
/// <param name="time">Clock of the delayed disposal, and of the connections.</param>
internal sealed class MemberClients(UrlPolicy policy, bool direct, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly HashSet<ITimer> _retiring = [];
    private Dictionary<MemberEndpoint, MemberClient> _clients = [];

    /// <summary>The pools for these endpoints; clients of endpoints that are in none of them are retired.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyDictionary<string, MemberPool>>> Replace(
        IReadOnlyList<IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>>> wanted
    )
    {
        lock (_gate)
        {
            var kept = new Dictionary<MemberEndpoint, MemberClient>();
            var pools = wanted.Select(releases => Pools(releases, kept)).ToList();
            foreach ((MemberEndpoint endpoint, MemberClient client) in _clients)
            {
                if (!kept.ContainsKey(endpoint))
                {
                    Retire(client);
                }
            }

            _clients = kept;
            return pools;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (ITimer timer in _retiring)
            {
                timer.Dispose();
            }

            foreach (MemberClient client in _clients.Values)
            {
                client.Dispose();
            }
        }
    }

    private Dictionary<string, IReadOnlyDictionary<string, MemberPool>> Pools(
        IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<MemberEndpoint>>> releases,
        Dictionary<MemberEndpoint, MemberClient> kept
    ) =>
        releases.ToDictionary(
            r => r.Key,
            r =>
                (IReadOnlyDictionary<string, MemberPool>)
                    r.Value.ToDictionary(
                        m => m.Key,
                        m => new MemberPool([.. m.Value.Select(endpoint => ClientOf(endpoint, kept))])
                    )
        );

    private MemberClient ClientOf(MemberEndpoint endpoint, Dictionary<MemberEndpoint, MemberClient> kept)
    {
        if (!kept.TryGetValue(endpoint, out MemberClient? client))
        {
            client = _clients.GetValueOrDefault(endpoint) ?? Make(endpoint);
            kept.Add(endpoint, client);
        }

        return client;
    }

    private void Retire(MemberClient client)
    {
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                client.Dispose();
                lock (_gate)
                {
                    _retiring.Remove(timer!);
                }

                timer!.Dispose();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        _retiring.Add(timer);
        timer.Change(Grace, Timeout.InfiniteTimeSpan);
    }

    private MemberClient Make(MemberEndpoint endpoint)
    {
        var dialer = new MemberDialer(endpoint, policy);
        bool plain = direct && endpoint.Address.Scheme == Uri.UriSchemeHttp;
        return new MemberClient(
            endpoint,
            new HttpMessageInvoker(Handler(dialer)),
            plain ? new UpstreamPool(dialer, time) : null
        );
    }

    private SocketsHttpHandler Handler(MemberDialer dialer)
    {
        SocketsHttpHandler handler = policy.CreateHandler();
        handler.EnableMultipleHttp2Connections = true;
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.ActivityHeadersPropagator = null;
        handler.ConnectTimeout = Timeout.InfiniteTimeSpan;
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseDrainTimeout = TimeSpan.Zero;
        handler.ConnectCallback = async (_, cancel) =>
            new NetworkStream(await dialer.DialAsync(cancel), ownsSocket: true);
        return handler;
    }
}
