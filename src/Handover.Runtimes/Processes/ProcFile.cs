// Why: a pid alone names nothing, since the system gives it out again. A pid with its start time does, and /proc knows
// it.
using System.Globalization;
using System.Text;

namespace Handover.Runtimes.Processes;

/// <summary>Reads the little that supervising needs out of <c>/proc</c>.</summary>
internal static class ProcFile
{
    private const int StartTimeField = 22;

    /// <summary>Identifies this boot of the machine: pids and start times of another boot mean nothing.</summary>
    public static string BootId { get; } = TryRead("/proc/sys/kernel/random/boot_id")?.Trim() ?? "";

    /// <summary>
    /// Start time of a living process in clock ticks since boot; null when there is none (or only a zombie).
    /// </summary>
    public static long? StartTime(int pid)
    {
        string? stat = TryRead($"/proc/{pid}/stat");
        if (stat is null)
        {
            return null;
        }

        // The second field is the program's name in brackets and may contain anything, brackets too.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        bool gone = fields[0] is "Z" or "X";
        return gone ? null : long.Parse(fields[StartTimeField - 3], CultureInfo.InvariantCulture);
    }

    /// <summary>Resident memory of a process and all that descend from it, in bytes.</summary>
    public static long ResidentBytes(int pid)
    {
        long bytes = 0;
        var pending = new Stack<int>([pid]);
        var seen = new HashSet<int>();
        while (pending.TryPop(out int next) && seen.Count < 1024)
        {
            if (!seen.Add(next) || TryRead($"/proc/{next}/statm")?.Split(' ') is not { Length: > 1 } statm)
            {
                continue;
            }

            bytes += long.Parse(statm[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
            string children = TryRead($"/proc/{next}/task/{next}/children") ?? "";
            foreach (string child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (int.TryParse(child, CultureInfo.InvariantCulture, out int id))
                {
                    pending.Push(id);
                }
            }
        }

        return bytes;
    }

    /// <summary>
    /// Processes of this user, other than this one, whose environment has the given variable and value.
    /// </summary>
    public static List<int> WithEnvironment(string name, string value)
    {
        byte[] wanted = Encoding.UTF8.GetBytes($"{name}={value}\0");
        var found = new List<int>();
        foreach (int pid in Pids())
        {
            if (
                pid != Environment.ProcessId
                && TryReadBytes($"/proc/{pid}/environ") is { } environment
                && Has(environment, wanted)
                && StartTime(pid) is not null
            )
            {
                found.Add(pid);
            }
        }

        return found;
    }

    /// <summary>Every process there is, this one too.</summary>
    public static IEnumerable<int> Pids()
    {
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid))
            {
                yield return pid;
            }
        }
    }

    /// <summary>What the open descriptors of a process refer to; none when it is gone or somebody else's.</summary>
    public static List<string> Descriptors(int pid)
    {
        try
        {
            return [.. Directory.EnumerateFiles($"/proc/{pid}/fd").Select(LinkTarget).OfType<string>()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A variable of a process's environment; null when it has none, is gone or somebody else's.</summary>
    public static string? Variable(int pid, string name) =>
        TryRead($"/proc/{pid}/environ")
            ?.Split('\0')
            .FirstOrDefault(v => v.StartsWith(name + "=", StringComparison.Ordinal))
            ?[(name.Length + 1)..];

    /// <summary>
    /// The text of a file; null when the process is gone or somebody else's: both are ordinary while walking through
    /// <c>/proc</c>.
    /// </summary>
    public static string? TryRead(string path) =>
        TryReadBytes(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Has(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> wanted)
    {
        int at = environment.IndexOf(wanted);
        return at == 0 || (at > 0 && environment[at - 1] == 0);
    }

    private static byte[]? TryReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
