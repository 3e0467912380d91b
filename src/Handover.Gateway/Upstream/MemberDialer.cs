using System.Net;
using System.Net.Sockets;
using Handover.Ports;

namespace Handover.Gateway.Upstream;

/// <summary>Makes connections to one endpoint, where its policy allows it and in a bounded time.</summary>
/// <param name="endpoint">The endpoint.</param>
/// <param name="policy">Which addresses may be dialled.</param>
internal sealed class MemberDialer(MemberEndpoint endpoint, UrlPolicy policy)
{
    /// <summary>Longest time to make a connection; afterwards the endpoint counts as unreachable.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Dials. Throws <see cref="SocketException"/> when nobody answers in time, and <see cref="HttpRequestException"/>
    /// when the address may not be dialled.
    /// </summary>
    public async ValueTask<Socket> DialAsync(CancellationToken cancel)
    {
        // The bound is our own, because a handler's would look like a caller that gave up.
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(Bound);
        try
        {
            return endpoint.UnixSocket is { } path
                ? await Dial.ToAsync(new UnixDomainSocketEndPoint(path), bound.Token)
                : await policy.DialAsync(new DnsEndPoint(endpoint.Address.IdnHost, endpoint.Address.Port), bound.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }
}
