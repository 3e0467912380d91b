// Why: a port is told to a member before it listens, and whoever listens there first answers. A request that the
// process of another release answers is the one thing that may never happen.
using System.Globalization;

namespace Handover.Runtimes.Processes;

/// <summary>Finds out which supervised process listens on a port.</summary>
internal static class PortOwner
{
    private const string Listening = "0A";
    private const int LocalField = 1;
    private const int StateField = 3;
    private const int InodeField = 9;

    /// <summary>
    /// The process that listens on a TCP port and carries the mark of a supervised process, other than the one with
    /// <paramref name="mark"/>. Null when the marked one listens, nobody does, or the listener cannot be seen or bears
    /// no mark, like the proxy of a container.
    /// </summary>
    public static int? Stranger(int port, string mark)
    {
        HashSet<string> sockets = [.. Sockets("/proc/net/tcp", port), .. Sockets("/proc/net/tcp6", port)];
        int? stranger = null;
        foreach (int pid in sockets.Count > 0 ? ProcFile.Pids() : [])
        {
            if (!ProcFile.Descriptors(pid).Any(sockets.Contains))
            {
                continue;
            }

            string? found = ProcFile.Variable(pid, ProcessRecord.MarkVariable);
            if (string.Equals(found, mark, StringComparison.Ordinal))
            {
                return null;
            }

            stranger = found is null ? stranger : pid;
        }

        return stranger;
    }

    private static IEnumerable<string> Sockets(string table, int port)
    {
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        foreach (string line in (ProcFile.TryRead(table) ?? "").Split('\n').Skip(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (
                fields.Length > InodeField
                && fields[StateField] == Listening
                && fields[LocalField].EndsWith(suffix, StringComparison.Ordinal)
            )
            {
                yield return $"socket:[{fields[InodeField]}]";
            }
        }
    }
}
