// Why: a model process must not outlive its node, however the node dies. The parent-death signal follows the thread
// that forked, not the process, so it is of no use here. A pipe is: the system closes the node's end whatever kills
// the node, and this little process, which stands between the two, sees the end of file and kills the child's whole
// session.
using System.Collections;
using System.Runtime.InteropServices;

namespace Handover.Runtimes.Processes;

/// <summary>The hidden verb <c>handover shim --record FILE -- PROGRAM ARGUMENTS…</c>.</summary>
public static class Shim
{
    private const int UsageExit = 2;
    private const int NotStartedExit = 127;

    /// <summary>
    /// Runs the program until it ends or standard input does. Returns its exit code, 128 + N when signal N ended it,
    /// or 127 when it could not be started.
    /// </summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not ["--record", var record, "--", var program, .. var rest])
        {
            await Console.Error.WriteLineAsync("usage: handover shim --record FILE -- PROGRAM ARGUMENTS...");
            return UsageExit;
        }

        Native.NewSession();
        int child = 0;
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Forward(context, ref child));
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        int pid = Native.Spawn(program, [program, .. rest], EnvironmentBlock());
        if (pid < 0)
        {
            await Console.Error.WriteLineAsync($"can't start {program}: {Native.Message(-pid)}");
            return NotStartedExit;
        }

        Volatile.Write(ref child, pid);
        var watch = new Thread(() => KillAtEndOfFile(pid)) { IsBackground = true };
        watch.Start();
        ProcessRecord.Add(record, "child", pid);
        int code = await Task.Run(() => Native.Wait(pid));
        KillSession(pid);
        return code;
    }

    private static void Forward(PosixSignalContext context, ref int child)
    {
        context.Cancel = true;
        int pid = Volatile.Read(ref child);
        if (pid > 0)
        {
            Native.Signal(-pid, Native.SigTerm);
        }
    }

    private static void KillAtEndOfFile(int child)
    {
        using Stream input = Console.OpenStandardInput();
        Span<byte> buffer = stackalloc byte[64];
        try
        {
            while (input.Read(buffer) > 0) { }
        }
        catch (IOException)
        {
            // A pipe that can't be read has ended too.
        }

        KillSession(child);
    }

    /// <summary>The child's group, and whatever left the group but still carries the mark.</summary>
    private static void KillSession(int child)
    {
        Native.Signal(-child, Native.SigKill);
        string? mark = Environment.GetEnvironmentVariable(ProcessRecord.MarkVariable);
        if (!string.IsNullOrEmpty(mark))
        {
            foreach (int pid in ProcFile.WithEnvironment(ProcessRecord.MarkVariable, mark))
            {
                Native.Signal(pid, Native.SigKill);
            }
        }
    }

    private static List<string> EnvironmentBlock() =>
        [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}")];
}
