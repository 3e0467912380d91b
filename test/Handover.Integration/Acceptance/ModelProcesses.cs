namespace Handover.Integration.Acceptance;

/// <summary>
/// Finds the processes that a node has started, from outside: by the files in which it records them, and by their
/// working directory, so that one that was never recorded is seen too.
/// </summary>
internal static class ModelProcesses
{
    /// <summary>Every living process that works inside the directory.</summary>
    public static IReadOnlyList<int> Of(string directory)
    {
        var found = new List<int>();
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (
                int.TryParse(Path.GetFileName(entry), out int pid)
                && pid != Environment.ProcessId
                && StartTime(pid) is not null
                && Inside(entry, directory)
            )
            {
                found.Add(pid);
            }
        }

        return found;
    }

    /// <summary>Pid and start time of every process that a node has recorded and that lives.</summary>
    public static IReadOnlyList<(int Pid, string Start)> Recorded(string state)
    {
        var found = new List<(int, string)>();
        foreach (string path in Directory.EnumerateFiles(Path.Combine(state, "processes"), "*.pid"))
        {
            foreach (string[] fields in Lines(path).Select(line => line.Split(' ')))
            {
                if (fields is ["child" or "shim", var pid, var start] && StartTime(int.Parse(pid)) == start)
                {
                    found.Add((int.Parse(pid), start));
                }
            }
        }

        return found;
    }

    /// <summary>Whether the very process still lives.</summary>
    public static bool Lives((int Pid, string Start) process) => StartTime(process.Pid) == process.Start;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string? StartTime(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Inside(string proc, string directory)
    {
        try
        {
            string? cwd = new FileInfo(Path.Combine(proc, "cwd")).LinkTarget;
            return cwd is not null && (cwd == directory || cwd.StartsWith(directory + "/", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
