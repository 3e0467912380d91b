// Why: the shim is the promise that no model process outlives its node, whatever dies and however.
using System.Diagnostics;
using System.Globalization;
using Handover.Runtimes.Processes;
using Xunit;

namespace Handover.Integration.Runtimes;

public sealed class ShimTests : IDisposable
{
    private readonly string _dir = Directory.CreateTempSubdirectory("handover-shim-").FullName;
    private readonly string _mark = Guid.NewGuid().ToString("N");

    public void Dispose()
    {
        foreach (int pid in Marked())
        {
            Native.Signal(pid, Native.SigKill);
        }

        Directory.Delete(_dir, recursive: true);
    }

    [Fact]
    public async Task When_the_node_is_killed_everything_it_started_dies()
    {
        // The first sleep stands for the node: it holds the other end of the shim's input and is killed without
        // warning. The child has forked, and one of its children has left for a session of its own.
        string record = Path.Combine(_dir, "a.pid");
        string line =
            $"sleep 1000 | exec {RuntimeWorld.Executable} shim --record {record} -- "
            + "/bin/sh -c 'setsid sleep 1001 & sleep 1002 & sleep 1003'";
        using Process shell = Start("/bin/sh", "-c", line);
        await RuntimeWorld.UntilAsync("all run", () => Named("sleep").Count == 4);
        int node = Named("sleep").Single(pid => CommandLine(pid).EndsWith("1000", StringComparison.Ordinal));
        Native.Signal(node, Native.SigKill);
        await RuntimeWorld.UntilAsync("nothing is left", () => Marked().Count == 0);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -SEGV $$", 139)]
    public async Task The_childs_end_is_the_shims_end(string script, int code)
    {
        using Process shim = Shim("/bin/sh", "-c", script);
        await shim.WaitForExitAsync(RuntimeWorld.Cancel);
        Assert.Equal(code, shim.ExitCode);
    }

    [Fact]
    public async Task A_child_that_ends_takes_along_what_it_started()
    {
        using Process shim = Shim("/bin/sh", "-c", "sleep 1000 & setsid sleep 1001 & exit 5");
        await shim.WaitForExitAsync(RuntimeWorld.Cancel);
        Assert.Equal(5, shim.ExitCode);
        await RuntimeWorld.UntilAsync("nothing is left", () => Marked().Count == 0);
    }

    [Fact]
    public async Task A_program_that_cannot_be_started_is_said_so()
    {
        using Process shim = Shim(Path.Combine(_dir, "none"));
        string error = await shim.StandardError.ReadToEndAsync(RuntimeWorld.Cancel);
        await shim.WaitForExitAsync(RuntimeWorld.Cancel);
        Assert.Equal(127, shim.ExitCode);
        Assert.Contains("No such file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SIGTERM_reaches_the_child_which_may_end_in_its_own_way()
    {
        using Process shim = Shim("/bin/sh", "-c", "trap 'exit 42' TERM; touch up; while true; do sleep 0.05; done");
        await RuntimeWorld.UntilAsync("the child is up", () => File.Exists(Path.Combine(_dir, "up")));
        Native.Signal(shim.Id, Native.SigTerm);
        await shim.WaitForExitAsync(RuntimeWorld.Cancel);
        Assert.Equal(42, shim.ExitCode);
    }

    [Fact]
    public async Task What_a_killed_shim_left_behind_is_ended_by_the_next_start()
    {
        await using var world = new RuntimeWorld();
        string record = Path.Combine(world.State, "processes", "price.v1.model.pid");
        await File.WriteAllTextAsync(record, $"boot {ProcFile.BootId}\nmark {_mark}\n", RuntimeWorld.Cancel);
        using Process shim = Start(RuntimeWorld.Executable, "shim", "--record", record, "--", "/bin/sleep", "1000");
        ProcessRecord.Add(record, "shim", shim.Id);
        await RuntimeWorld.UntilAsync(
            "the child is recorded",
            () => File.ReadAllText(record).Contains("child ", StringComparison.Ordinal)
        );
        int child = int.Parse(File.ReadLines(record).Last().Split(' ')[1], CultureInfo.InvariantCulture);
        shim.Kill();
        await shim.WaitForExitAsync(RuntimeWorld.Cancel);
        Assert.True(RuntimeWorld.IsAlive(child), "only the shim was killed");
        Assert.Equal(1, ProcessRecord.ReapAll(Path.GetDirectoryName(record)!));
        Assert.False(RuntimeWorld.IsAlive(child));
        Assert.False(File.Exists(record));
    }

    [Fact]
    public void A_pid_that_was_given_out_again_is_left_alone()
    {
        using Process innocent = Process.Start("/bin/sleep", "1000");
        long start = ProcFile.StartTime(innocent.Id)!.Value;
        string record = Path.Combine(_dir, "b.pid");
        File.WriteAllText(record, $"boot {ProcFile.BootId}\nmark {_mark}\nchild {innocent.Id} {start - 1}\nshim 1 0\n");
        Assert.Equal(0, ProcessRecord.ReapAll(_dir));
        File.WriteAllText(record, $"boot another\nmark {_mark}\nchild {innocent.Id} {start}\n");
        Assert.Equal(0, ProcessRecord.ReapAll(_dir));
        Assert.True(RuntimeWorld.IsAlive(innocent.Id));
        innocent.Kill();
    }

    [Fact]
    public void A_torn_record_kills_nothing_and_is_removed()
    {
        string torn = $"boot {ProcFile.BootId}\nmark\nchild -1 0\nshim 1\nchild x y\n\0\0";
        File.WriteAllText(Path.Combine(_dir, "c.pid"), torn);
        Assert.Equal(0, ProcessRecord.ReapAll(_dir));
        Assert.Empty(Directory.GetFiles(_dir));
    }

    [Fact]
    public async Task A_second_node_on_the_same_state_is_refused_and_ends_nothing()
    {
        await using var world = new RuntimeWorld();
        var refused = Assert.Throws<IOException>(() =>
            new Handover.Runtimes.MemberRuntime(
                world.Options,
                TimeProvider.System,
                Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance
            )
        );
        Assert.Contains("Another node", refused.Message, StringComparison.Ordinal);
    }

    private static string CommandLine(int pid) => File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0');

    private Process Shim(params string[] command) =>
        Start(RuntimeWorld.Executable, ["shim", "--record", Path.Combine(_dir, "record"), "--", .. command]);

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _dir,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
        };
        start.Environment[ProcessRecord.MarkVariable] = _mark;
        return Process.Start(start)!;
    }

    private List<int> Marked() => ProcFile.WithEnvironment(ProcessRecord.MarkVariable, _mark);

    private List<int> Named(string program) =>
        [.. Marked().Where(pid => File.ReadAllText($"/proc/{pid}/comm").Trim() == program)];
}
