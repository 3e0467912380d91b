using System.Globalization;

namespace Handover.Control.Engine;

/// <summary>How much memory this machine can still give, as the kernel estimates it.</summary>
public static class MachineMemory
{
    /// <summary>
    /// Bytes that can be had without swapping (<c>MemAvailable</c>); null where the kernel does not tell.
    /// </summary>
    public static long? FreeBytes()
    {
        const string file = "/proc/meminfo";
        if (!File.Exists(file))
        {
            return null;
        }

        string? line = File.ReadLines(file)
            .FirstOrDefault(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        string? kib = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return long.TryParse(kib, CultureInfo.InvariantCulture, out long value) ? value << 10 : null;
    }
}
