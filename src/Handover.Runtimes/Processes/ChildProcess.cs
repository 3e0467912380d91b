// Why: one start of one process: its shim, its port, its output and its end. A restart is a new one of these.
using System.Diagnostics;
using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Runtimes.Processes;

/// <summary>
/// A running child behind its shim. Whatever happens, <see cref="StopAsync"/> leaves nothing of it behind.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan KillWait = TimeSpan.FromSeconds(2);
    private readonly Process _shim;
    private readonly ProcessRecord _record;
    private readonly OutputPump _output;
    private readonly Task _pumps;

    private ChildProcess(Process shim, ProcessRecord record, OutputPump output, int port, DateTimeOffset startedAt)
    {
        _shim = shim;
        _record = record;
        _output = output;
        Port = port;
        StartedAt = startedAt;
        _pumps = Task.WhenAll(
            output.RunAsync(shim.StandardOutput.BaseStream),
            output.RunAsync(shim.StandardError.BaseStream)
        );
        Exited = shim.WaitForExitAsync();
    }

    /// <summary>The port that it was told to listen on.</summary>
    public int Port { get; }

    /// <summary>The mark that it and all that it starts carry.</summary>
    public string Mark => _record.Mark;

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Ends when the child has.</summary>
    public Task Exited { get; }

    /// <summary>Resident memory of the child and its descendants; 0 before it runs.</summary>
    public long ResidentBytes => _record.ChildPid is { } pid ? ProcFile.ResidentBytes(pid) : 0;

    /// <summary>Starts the declared command under a shim. It is recorded before it runs.</summary>
    public static Result<ChildProcess> Start(
        MemberContext context,
        Member.Process declared,
        RuntimeOptions options,
        StateLayout layout,
        BatchedLog log,
        DateTimeOffset now
    )
    {
        int port = LocalPort.Take();
        Result<IReadOnlyList<string>> command = ProcessCommand.Resolve(declared, options, port);
        if (!command.Ok)
        {
            return command.Problems[0];
        }

        ProcessRecord? record = null;
        try
        {
            record = ProcessRecord.Create(Path.Combine(layout.Processes, context.FileName + ".pid"));
            ProcessStartInfo start = StartInfo(command.Value, record, context, options, port);
            Process shim = Process.Start(start)!;
            var child = new ChildProcess(shim, record, new OutputPump(log), port, now);
            ProcessRecord.Add(record.Path, "shim", shim.Id);
            return child;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            record?.Reap();
            return new Problem("process-not-started", $"{context} can't be started: {e.Message}") { Field = "command" };
        }
    }

    /// <summary>How it ended and what it said last, for people.</summary>
    public string LastWords()
    {
        string tail = _output.Tail();
        string end = _shim.HasExited ? Ended(_shim.ExitCode) : "still runs";
        return tail.Length == 0 ? $"it {end} and printed nothing" : $"it {end}; its last output:\n{tail}";
    }

    /// <summary>How it ended, for people.</summary>
    public string Ending() => Ended(_shim.ExitCode);

    /// <summary>SIGTERM, then after <paramref name="grace"/> the end for all of it.</summary>
    public async Task StopAsync(TimeSpan grace, TimeProvider time)
    {
        if (!_shim.HasExited && grace > TimeSpan.Zero)
        {
            Native.Signal(_shim.Id, Native.SigTerm);
            await WaitAsync(Exited, grace, time);
        }

        if (!_shim.HasExited)
        {
            // End of file: the shim kills the child's session and ends.
            _shim.StandardInput.Close();
            await WaitAsync(Exited, KillWait, time);
        }

        await Task.Run(_record.Reap);
        await WaitAsync(Exited, KillWait, time);
        await WaitAsync(_pumps, KillWait, time);
    }

    public void Dispose() => _shim.Dispose();

    private static string Ended(int code) =>
        code > 128 ? $"was ended by signal {code - 128}" : $"exited with code {code}";

    private static async Task WaitAsync(Task task, TimeSpan atMost, TimeProvider time)
    {
        try
        {
            await task.WaitAsync(atMost, time);
        }
        catch (TimeoutException)
        {
            // The next step is harder.
        }
    }

    private static ProcessStartInfo StartInfo(
        IReadOnlyList<string> command,
        ProcessRecord record,
        MemberContext context,
        RuntimeOptions options,
        int port
    )
    {
        IReadOnlyList<string> self = ProcessCommand.Self(options);
        string[] arguments = [.. self.Skip(1), "shim", "--record", record.Path, "--", .. command];
        var start = new ProcessStartInfo(self[0], arguments)
        {
            WorkingDirectory = Path.GetFullPath(options.BaseDirectory),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string name in start.Environment.Keys.ToArray())
        {
            if (!ProcessEnvironment.MayPass(name, start.Environment[name]))
            {
                start.Environment.Remove(name);
            }
        }

        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["HANDOVER_SERVICE"] = context.Service;
        start.Environment["HANDOVER_RELEASE"] = context.Release;
        start.Environment["HANDOVER_MEMBER"] = context.Member;
        start.Environment["HANDOVER_MEMBERS_URL"] = options.MembersUrl(context.Service);
        start.Environment[ProcessRecord.MarkVariable] = record.Mark;
        return start;
    }
}
