// Why: probes and metadata calls go to the member exactly as the gateway does: over its socket when it has one, and
// never to an address that the policy forbids.
using System.Net.Http;
using System.Net.Sockets;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>HTTP clients for members.</summary>
internal static class MemberConnection
{
    /// <summary>A client for one endpoint; relative addresses are resolved against it.</summary>
    public static HttpClient Client(MemberEndpoint endpoint, UrlPolicy policy, TimeSpan timeout)
    {
        SocketsHttpHandler handler = policy.CreateHandler();
        if (endpoint.UnixSocket is { } path)
        {
            handler.ConnectCallback = async (_, cancel) =>
                await ElsewhereStream.OfAsync(await Dial.ToAsync(new UnixDomainSocketEndPoint(path), cancel));
        }

        return new HttpClient(handler)
        {
            BaseAddress = endpoint.Address,
            Timeout = timeout,
            MaxResponseContentBufferSize = 1 << 20,
        };
    }
}
