using System.Net;
using System.Net.Sockets;
using System.Text;
using Handover.Ports;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// Makes and keeps the clients of members. A client stays while its endpoint is configured, so that a change of routing
/// never costs a connection; one that is not configured any more is let go after the requests that still know it are
/// done.
/// </summary>
/// <param name="policy">Which addresses may be dialled.</param>
/// <param name="time">Clock of the delayed disposal.</param>
internal sealed class MemberClients(UrlPolicy policy, TimeProvider time) : IDisposable
{
    /// <summary>Longest time to make a connection; afterwards the endpoint counts as unreachable.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

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
                client.Invoker.Dispose();
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
            client =
                _clients.GetValueOrDefault(endpoint)
                ?? new MemberClient(endpoint, new HttpMessageInvoker(Handler(endpoint)));
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
                client.Invoker.Dispose();
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

    private SocketsHttpHandler Handler(MemberEndpoint endpoint)
    {
        SocketsHttpHandler handler = policy.CreateHandler();
        handler.EnableMultipleHttp2Connections = true;
        handler.AutomaticDecompression = DecompressionMethods.None;
        handler.ActivityHeadersPropagator = null;
        handler.ConnectTimeout = Timeout.InfiniteTimeSpan;
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseDrainTimeout = TimeSpan.Zero;
        handler.ConnectCallback = (context, cancel) => ConnectAsync(endpoint, context, cancel);
        return handler;
    }

    // The bound is our own, because the handler's would look like a caller that gave up.
    private async ValueTask<Stream> ConnectAsync(
        MemberEndpoint endpoint,
        SocketsHttpConnectionContext context,
        CancellationToken cancel
    )
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(ConnectTimeout);
        try
        {
            return endpoint.UnixSocket is null
                ? await policy.ConnectAsync(context, bound.Token)
                : await DialAsync(endpoint.UnixSocket, bound.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private static async ValueTask<Stream> DialAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
