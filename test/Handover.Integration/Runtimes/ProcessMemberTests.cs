// Why: real processes die in real ways, and none of them may be left behind.
using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Handover.Runtimes.Processes;
using Xunit;

namespace Handover.Integration.Runtimes;

public sealed class ProcessMemberTests
{
    [Fact]
    public async Task A_process_serves_until_it_is_stopped_and_leaves_nothing()
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, "v2", world.Served("v2.onnx"));
        MemberEndpoint endpoint = Assert.Single(status.Members["model"]);
        Assert.Null(endpoint.UnixSocket);
        Assert.True(status.ResidentBytes > 10 << 20, $"{status.ResidentBytes} bytes");
        var described = await world.Runtime.DescribeAsync("price", "v2", "model", RuntimeWorld.Cancel);
        Assert.Equal("v2", described.Value!.Metadata["release"]);
        using (HttpClient client = world.Client(endpoint))
        {
            client.DefaultRequestHeaders.Add("Handover-Request-Id", "p-1");
            using var answer = await client.PostAsync(
                new Uri("/v2/models/m/infer", UriKind.Relative),
                new StringContent("{}"),
                RuntimeWorld.Cancel
            );
            Assert.Equal(400, (int)answer.StatusCode);
        }

        (int shim, int child) = Pids(world, "v2");
        await world.Runtime.StopAsync("price", "v2", RuntimeWorld.Cancel);
        Assert.False(RuntimeWorld.IsAlive(shim));
        Assert.False(RuntimeWorld.IsAlive(child));
        Assert.Empty(Records(world));
        string line = Assert.Single(
            File.ReadAllLines(world.Log("v2")),
            l => l.Contains("p-1", StringComparison.Ordinal)
        );
        Assert.Equal("v2", JsonDocument.Parse(line).RootElement.GetProperty("release").GetString());
    }

    /// <summary>
    /// The answers of another release's process must never pass for this one's, whoever was first to listen.
    /// </summary>
    [Fact]
    public async Task Whose_process_listens_on_a_port_is_known_by_its_mark()
    {
        await using var world = new RuntimeWorld();
        StackStatus status = await StartAsync(world, "v2", world.Served("v2.onnx"));
        int port = Assert.Single(status.Members["model"]).Address.Port;
        (_, int child) = Pids(world, "v2");
        string mark = ProcFile.Variable(child, ProcessRecord.MarkVariable)!;
        Assert.Null(PortOwner.Stranger(port, mark));
        Assert.Equal(child, PortOwner.Stranger(port, "another"));
        using var unmarked = new TcpListener(IPAddress.Loopback, 0);
        unmarked.Start();
        Assert.Null(PortOwner.Stranger(((IPEndPoint)unmarked.LocalEndpoint).Port, mark));
        Assert.Null(PortOwner.Stranger(LocalPort.Take(), mark));
    }

    [Fact]
    public async Task A_process_gets_its_port_release_and_members_url_and_no_secrets()
    {
        Environment.SetEnvironmentVariable("HANDOVER_TOKEN", "top-secret");
        await using var world = new RuntimeWorld();
        string script = world.Script("env.sh", "env; pwd; echo arg $1; exit 3\n");
        Problem problem = await RefusalAsync(world, new Member.Process([script, "{port}"], "/ready"));
        Assert.Equal("process-exited", problem.Code);
        Assert.Contains("exited with code 3", problem.Message, StringComparison.Ordinal);
        Assert.Contains("arg ", problem.Message, StringComparison.Ordinal);
        string[] lines = File.ReadAllLines(world.Log("r1"));
        string port = lines.Single(l => l.StartsWith("PORT=", StringComparison.Ordinal))[5..];
        Assert.True(int.Parse(port, CultureInfo.InvariantCulture) > 0);
        Assert.Contains($"arg {port}", lines);
        Assert.Contains("HANDOVER_RELEASE=r1", lines);
        Assert.Contains("HANDOVER_MEMBERS_URL=http://127.0.0.1:8080/-/services/price/members", lines);
        Assert.Contains(world.Dir, lines);
        Assert.DoesNotContain(lines, l => l.Contains("top-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_never_gets_ready_is_ended_with_its_last_words()
    {
        await using var world = new RuntimeWorld();
        string script = world.Script("slow.sh", "echo loading weights; sleep 1000 & sleep 1000\n");
        var member = new Member.Process([script], "/ready") { StartTimeout = TimeSpan.FromSeconds(3) };
        Problem problem = await RefusalAsync(world, member);
        Assert.Equal("process-not-ready", problem.Code);
        Assert.Equal("spec.members.model.ready", problem.Field);
        Assert.Contains("not ready after 3 s", problem.Message, StringComparison.Ordinal);
        Assert.Contains("loading weights", problem.Message, StringComparison.Ordinal);
        Assert.Empty(Records(world));
        Assert.Empty(Carrying(world));
    }

    [Fact]
    public async Task Commands_that_are_missing_or_lie_outside_are_refused()
    {
        await using var world = new RuntimeWorld();
        File.CreateSymbolicLink(Path.Combine(world.Dir, "sh"), "/bin/sh");
        Assert.Equal("command-missing", (await RefusalAsync(world, new(["no-such-program"], "/"))).Code);
        Assert.Equal("command-missing", (await RefusalAsync(world, new([""], "/"))).Code);
        Assert.Equal("path-outside", (await RefusalAsync(world, new(["/bin/sh"], "/"))).Code);
        Assert.Equal("path-outside", (await RefusalAsync(world, new(["./sh"], "/"))).Code);
        Assert.Equal("path-outside", (await RefusalAsync(world, new(["../../bin/sh"], "/"))).Code);
        await using var closed = new RuntimeWorld(o => o with { AllowProcesses = false });
        Assert.Equal("processes-not-allowed", (await RefusalAsync(closed, closed.Served("v1.onnx"))).Code);
    }

    [Fact]
    public async Task A_process_that_crashes_is_started_again()
    {
        await using var world = new RuntimeWorld();
        StackStatus before = await StartAsync(world, "v1", world.Served("v1.onnx"));
        (_, int child) = Pids(world, "v1");
        Kill(child);
        await RuntimeWorld.UntilAsync(
            "it serves again as another process",
            () => IsReady(world, "v1") && Pid(world, "v1", "child") is not 0 and var now && now != child
        );
        StackStatus after = world.Runtime.Status("price", "v1")!;
        Assert.Null(after.Trouble);
        Assert.NotEqual(before.Members["model"], after.Members["model"]);
        Assert.NotEqual(child, Pids(world, "v1").Child);
    }

    [Fact]
    public async Task A_process_that_crashes_on_and_on_is_given_up_and_said_so()
    {
        await using var world = new RuntimeWorld(o => o with { RestartLimit = 2 });
        string model = world.Sample("v1.onnx");
        string script = world.Script(
            "once.sh",
            "[ -e ran ] && { echo broken now; exit 7; }; touch ran; "
                + $"exec {RuntimeWorld.Executable} model serve {model} --port $1\n"
        );
        var member = new Member.Process([script, "{port}"], "/v2/health/ready");
        await StartAsync(world, "r1", member);
        Kill(Pids(world, "r1").Child);
        await RuntimeWorld.UntilAsync(
            "it is given up",
            () => world.Runtime.Status("price", "r1")?.Trouble?.Contains("given up", StringComparison.Ordinal) == true
        );
        StackStatus status = world.Runtime.Status("price", "r1")!;
        Assert.False(status.Ready);
        Assert.Empty(status.Members["model"]);
        Assert.Contains("after 3 crashes", status.Trouble, StringComparison.Ordinal);
        Assert.Contains("broken now", status.Trouble, StringComparison.Ordinal);
        File.Delete(Path.Combine(world.Dir, "ran"));
        Assert.True((await StartAsync(world, "r1", member)).Ready);
    }

    [Fact]
    public async Task A_killed_shim_takes_nothing_down_for_long_and_leaves_nothing()
    {
        await using var world = new RuntimeWorld();
        await StartAsync(world, "v1", world.Served("v1.onnx"));
        (int shim, int child) = Pids(world, "v1");
        Kill(shim);
        await RuntimeWorld.UntilAsync("its child is gone", () => !RuntimeWorld.IsAlive(child));
        await RuntimeWorld.UntilAsync(
            "it serves again as another process",
            () => IsReady(world, "v1") && Pid(world, "v1", "child") is not 0 and var now && now != child
        );
    }

    [Fact]
    public async Task A_process_that_ignores_SIGTERM_is_killed_with_its_children()
    {
        await using var world = new RuntimeWorld(o => o with { StopGrace = TimeSpan.FromMilliseconds(300) });
        string model = world.Sample("v1.onnx");
        string script = world.Script(
            "stubborn.sh",
            $"trap '' TERM; setsid sleep 1000 & {RuntimeWorld.Executable} model serve {model} --port $1 & "
                + "while true; do sleep 1000; done\n"
        );
        await StartAsync(world, "r1", new Member.Process([script, "{port}"], "/v2/health/ready"));
        Assert.True(Carrying(world).Count >= 3);
        Task stopped = world.Runtime.StopAsync("price", "r1", RuntimeWorld.Cancel);
        Assert.False(world.Runtime.Status("price", "r1")!.Ready, "a stack that is being stopped takes nobody");
        await stopped;
        Assert.Null(world.Runtime.Status("price", "r1"));
        Assert.Empty(Carrying(world));
    }

    [Fact]
    public async Task Output_without_end_is_cut_and_bounded()
    {
        await using var world = new RuntimeWorld();
        string script = world.Script("chatty.sh", "head -c 300000 /dev/zero | tr '\\0' 'x'; echo; echo last; exit 1\n");
        Problem problem = await RefusalAsync(world, new Member.Process([script], "/ready"));
        Assert.EndsWith("last", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Message.Length < 2000, $"{problem.Message.Length} characters");
        Assert.True(new FileInfo(world.Log("r1")).Length < 20_000);
    }

    internal static (int Shim, int Child) Pids(RuntimeWorld world, string release) =>
        (Pid(world, release, "shim"), Pid(world, release, "child"));

    internal static void Kill(int pid)
    {
        using var process = System.Diagnostics.Process.GetProcessById(pid);
        process.Kill();
    }

    /// <summary>Living processes that were started by this world: they run in its directory.</summary>
    internal static List<int> Carrying(RuntimeWorld world)
    {
        var found = new List<int>();
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid))
            {
                string? cwd = new FileInfo(Path.Combine(directory, "cwd")).LinkTarget;
                if (cwd == world.Dir && RuntimeWorld.IsAlive(pid))
                {
                    found.Add(pid);
                }
            }
        }

        return found;
    }

    private static string[] Records(RuntimeWorld world) =>
        Directory.GetFiles(Path.Combine(world.State, "processes"), "*.pid");

    private static int Pid(RuntimeWorld world, string release, string role)
    {
        string path = Path.Combine(world.State, "processes", $"price.{release}.model.pid");
        string? line = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(l => l.StartsWith(role + " ", StringComparison.Ordinal))
            : null;
        return line is null ? 0 : int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static bool IsReady(RuntimeWorld world, string release) =>
        world.Runtime.Status("price", release) is { Ready: true };

    private static async Task<StackStatus> StartAsync(RuntimeWorld world, string release, Member.Process member)
    {
        var result = await world.Runtime.StartAsync(
            RuntimeWorld.Release(release, ("model", member)),
            RuntimeWorld.Cancel
        );
        Assert.True(result.Ok, string.Join("; ", result.Problems));
        Assert.True(result.Value.Ready);
        return result.Value;
    }

    private static async Task<Problem> RefusalAsync(RuntimeWorld world, Member.Process member)
    {
        var result = await world.Runtime.StartAsync(RuntimeWorld.Release("r1", ("model", member)), RuntimeWorld.Cancel);
        return Assert.Single(result.Problems);
    }
}
