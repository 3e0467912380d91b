using System.Globalization;

namespace Handover.Bench.Shadow;

/// <summary>Processor time of a process and of the processes that it started, as the system counts it.</summary>
internal static class ProcessorTime
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time since they started, in microseconds.</summary>
    public static double Micros(int process)
    {
        double sum = 0;
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && Read(id) is { } stat
                && (id == process || stat.Parent == process)
            )
            {
                sum += stat.Micros;
            }
        }

        return sum;
    }

    private static (int Parent, double Micros)? Read(int process)
    {
        try
        {
            // The name stands in brackets and may hold anything, so fields are counted from the last one.
            string text = File.ReadAllText($"/proc/{process}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            double ticks =
                double.Parse(fields[11], CultureInfo.InvariantCulture)
                + double.Parse(fields[12], CultureInfo.InvariantCulture);
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), ticks * 1e6 / TicksPerSecond);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
