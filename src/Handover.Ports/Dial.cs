using System.Net;
using System.Net.Sockets;

namespace Handover.Ports;

/// <summary>Makes one connection: the one place where a client's socket is opened.</summary>
public static class Dial
{
    /// <summary>
    /// Dials an address, a name or a Unix socket. Throws <see cref="SocketException"/> when nobody is there, and <see
    /// cref="OperationCanceledException"/>; nothing stays open then.
    /// </summary>
    /// <param name="target">Whom; a name is looked up, and its addresses are tried one after the other.</param>
    /// <param name="cancel">Gives up.</param>
    public static async ValueTask<Socket> ToAsync(EndPoint target, CancellationToken cancel)
    {
        Socket socket = target switch
        {
            UnixDomainSocketEndPoint => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            IPEndPoint address => new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            _ => new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };
        try
        {
            await socket.ConnectAsync(target, cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
