using System.Net;
using System.Net.Sockets;

namespace Handover.Ports;

/// <summary>
/// Whether what a socket has received is handled on the thread that saw it come, instead of waking another one for it.
/// It is a setting of the runtime, for the whole process and on Unix only. Good for the data path, which never blocks;
/// everything else goes on elsewhere after each read (<see cref="ElsewhereStream"/>), or one slow write to a disk would
/// hold up every caller.
/// </summary>
public static class InlineSockets
{
    /// <summary>The runtime's setting; whoever starts the node with 0 in it keeps this off.</summary>
    public const string Variable = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Whether it is on.</summary>
    public static bool On { get; private set; } = Said == "1" && !OperatingSystem.IsWindows();

    private static string? Said => Environment.GetEnvironmentVariable(Variable);

    /// <summary>
    /// Turns it on, unless the environment says otherwise. Before the first socket of the process: the runtime looks
    /// at its setting once.
    /// </summary>
    public static void Prefer()
    {
        if (Said is not null || OperatingSystem.IsWindows())
        {
            return;
        }

        Environment.SetEnvironmentVariable(Variable, "1");
        using (var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            first.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            first.Listen();
            _ = first.AcceptAsync().ContinueWith(t => t.Exception, TaskScheduler.Default);
        }

        // For this process only: models that it starts may block where they please.
        Environment.SetEnvironmentVariable(Variable, null);
        On = true;
    }
}
