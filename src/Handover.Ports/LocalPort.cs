using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Handover.Ports;

/// <summary>
/// Ports on loopback for programs that are told where to listen before they do. Between the choice and the listening
/// anybody may take the port, and what is then asked for one program is answered by another. So ports come from outside
/// the range that the system draws the ports of outgoing connections from, and none is given twice before all the
/// others were.
/// </summary>
public static class LocalPort
{
    private const int Lowest = 20_000;
    private const int LeastRange = 1_000;
    private const string SystemRange = "/proc/sys/net/ipv4/ip_local_port_range";
    private static readonly (int First, int Count) Range = Outside(ReadSystemRange());
    private static int _next = Range.Count > 0 ? RandomNumberGenerator.GetInt32(Range.Count) : 0;

    /// <summary>
    /// A TCP port of 127.0.0.1 that nobody listens on now, 1 to 65535. Thread-safe. When the system leaves no range to
    /// choose from, or all of it is taken, the system chooses.
    /// </summary>
    public static int Take()
    {
        for (int tries = 0; tries < Range.Count; tries++)
        {
            int port = Range.First + (int)((uint)Interlocked.Increment(ref _next) % (uint)Range.Count);
            if (Listened(port) is { } free)
            {
                return free;
            }
        }

        return Listened(0) ?? throw new IOException("No port of 127.0.0.1 is free.");
    }

    /// <summary>
    /// The ports to choose from beside those of outgoing connections; a count of 0 when there are too few.
    /// </summary>
    public static (int First, int Count) Outside((int First, int Last) system)
    {
        if (system.First - Lowest >= LeastRange)
        {
            return (Lowest, system.First - Lowest);
        }

        int above = IPEndPoint.MaxPort - system.Last;
        return above >= LeastRange ? (system.Last + 1, above) : (0, 0);
    }

    private static int? Listened(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static (int First, int Last) ReadSystemRange()
    {
        try
        {
            string[] bounds = File.ReadAllText(SystemRange).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (
                bounds.Length == 2
                && int.TryParse(bounds[0], CultureInfo.InvariantCulture, out int first)
                && int.TryParse(bounds[1], CultureInfo.InvariantCulture, out int last)
            )
            {
                return (first, last);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or hidden: what nearly every system is set to.
        }

        return (32_768, 60_999);
    }
}
