// Why: whatever is killed (the node, a shim, a child), the next start must find what is left and end it before
// anything new starts. So what is started is written down first.
using System.Globalization;

namespace Handover.Runtimes.Processes;

/// <summary>
/// The record of one supervised process: a file with the boot, a mark that every descendant carries in its
/// environment, and pid and start time of shim and child. A pid is only ever killed when its start time or its mark
/// fits.
/// </summary>
internal sealed class ProcessRecord
{
    /// <summary>Environment variable that carries the mark.</summary>
    public const string MarkVariable = "HANDOVER_PROCESS";

    private const int ReapRounds = 50;
    private static readonly TimeSpan ReapPause = TimeSpan.FromMilliseconds(20);
    private readonly string _path;

    private ProcessRecord(string path, string mark) => (_path, Mark) = (path, mark);

    /// <summary>Random name of this start of the process.</summary>
    public string Mark { get; }

    /// <summary>The file; the shim adds the child to it.</summary>
    public string Path => _path;

    /// <summary>Writes a new record, before anything is started.</summary>
    public static ProcessRecord Create(string path)
    {
        var record = new ProcessRecord(path, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, $"boot {ProcFile.BootId}\nmark {record.Mark}\n");
        return record;
    }

    /// <summary>
    /// Ends whatever the records in <paramref name="directory"/> still name. Returns how many processes that were.
    /// </summary>
    public static int ReapAll(string directory)
    {
        int killed = 0;
        foreach (string path in Directory.EnumerateFiles(directory, "*.pid"))
        {
            string mark = Fields(path, "mark").FirstOrDefault()?[0] ?? "";
            killed += new ProcessRecord(path, mark).Reap();
        }

        return killed;
    }

    /// <summary>Adds a process by its role, <c>shim</c> or <c>child</c>.</summary>
    public static void Add(string path, string role, int pid) =>
        File.AppendAllText(path, $"{role} {pid} {ProcFile.StartTime(pid) ?? 0}\n");

    /// <summary>The child's pid; null until the shim has written it.</summary>
    public int? ChildPid => Pids("child") is [var (pid, _), ..] ? pid : null;

    /// <summary>
    /// Kills what is left of this process and waits, for at most a second, until it is gone; then removes the record.
    /// Returns how many processes were killed.
    /// </summary>
    public int Reap()
    {
        var killed = new HashSet<int>();
        bool sameBoot = Fields(_path, "boot").FirstOrDefault()?[0] == ProcFile.BootId;
        for (int round = 0; sameBoot && round < ReapRounds; round++)
        {
            int[] living = [.. Living()];
            if (living.Length == 0)
            {
                break;
            }

            foreach (int pid in living)
            {
                // A leader's group first, so that nothing forks away between the two.
                Native.Signal(-pid, Native.SigKill);
                Native.Signal(pid, Native.SigKill);
                killed.Add(pid);
            }

            Thread.Sleep(ReapPause);
        }

        File.Delete(_path);
        return killed.Count;
    }

    private IEnumerable<int> Living()
    {
        IEnumerable<(int Pid, long Start)> recorded = [.. Pids("child"), .. Pids("shim")];
        IEnumerable<int> same = recorded.Where(p => ProcFile.StartTime(p.Pid) == p.Start).Select(p => p.Pid);
        return same.Concat(Mark.Length > 0 ? ProcFile.WithEnvironment(MarkVariable, Mark) : []).Distinct();
    }

    private List<(int Pid, long Start)> Pids(string role)
    {
        var pids = new List<(int, long)>();
        foreach (string[] fields in Fields(_path, role))
        {
            // Never pid 1 or a group by accident, whatever a torn file says.
            if (
                fields.Length == 2
                && int.TryParse(fields[0], CultureInfo.InvariantCulture, out int pid)
                && pid > 1
                && long.TryParse(fields[1], CultureInfo.InvariantCulture, out long start)
            )
            {
                pids.Add((pid, start));
            }
        }

        return pids;
    }

    private static IEnumerable<string[]> Fields(string path, string key)
    {
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        return lines.Select(line => line.Split(' ')).Where(f => f.Length > 1 && f[0] == key).Select(f => f[1..]);
    }
}
