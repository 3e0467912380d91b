using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Handover.App.Cli;
using Handover.Integration.Runtimes;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The real program, <c>handover run DIR</c>, as a process of its own on a copy of the diamonds sample: what users have
/// is what is killed, restarted and measured here. Ports stay the same over restarts.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    public const string Service = "diamond-price";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StreamWriter _output;
    private readonly Lock _gate = new();
    private Process? _process;

    public NodeProcess(string? slow = null)
    {
        Dir = Directory.CreateTempSubdirectory("handover-accept-").FullName;
        State = Path.Combine(Dir, ".handover");
        string sample = Path.GetDirectoryName(RuntimeWorld.Models)!;
        Directory.CreateDirectory(Path.Combine(Dir, "models"));
        foreach (string model in Directory.EnumerateFiles(RuntimeWorld.Models, "*.onnx"))
        {
            File.Copy(model, Path.Combine(Dir, "models", Path.GetFileName(model)));
        }

        foreach (string name in (string[])["service.yaml", "consumers.yaml", "releases.yaml", "releases-bad.yaml"])
        {
            string text = File.ReadAllText(Path.Combine(sample, "service", name));
            File.WriteAllText(Path.Combine(Dir, name), Commanded(text, slow));
        }

        (DataPort, AdminPort) = (LocalPort.Take(), LocalPort.Take());
        _output = new StreamWriter(Path.Combine(Dir, "node.log")) { AutoFlush = true };
    }

    public string Dir { get; }

    public string State { get; }

    public int DataPort { get; }

    public int AdminPort { get; }

    /// <summary>The address for HTTP/2 in clear text; null for a node without one.</summary>
    public Uri? Http2 { get; init; }

    public Uri Infer => new($"http://127.0.0.1:{DataPort}/v2/models/{Service}/infer");

    public Uri Labels => new($"http://127.0.0.1:{AdminPort}/api/v1/services/{Service}/labels");

    public string Token => File.ReadAllText(Path.Combine(State, "admin.token")).Trim();

    public string Output => Path.Combine(Dir, "node.log");

    /// <summary>When the program ended, as the kernel told; null while it runs.</summary>
    public (DateTimeOffset At, int Code)? Ended =>
        _process is { HasExited: true } ended ? (new DateTimeOffset(ended.ExitTime), ended.ExitCode) : null;

    /// <summary>Has the service take idempotency keys; to be called before the start.</summary>
    public void TakeKeys()
    {
        string file = Path.Combine(Dir, "service.yaml");
        string text = File.ReadAllText(file);
        File.WriteAllText(
            file,
            text.Replace(
                "  impact: low\n",
                "  impact: low\n  idempotency: { mode: optional }\n",
                StringComparison.Ordinal
            )
        );
    }

    /// <summary>Has the releases name their files only, not what is in them; to be called before the start.</summary>
    public void DeclareNoDigests()
    {
        string file = Path.Combine(Dir, "releases.yaml");
        IEnumerable<string> lines = File.ReadAllLines(file)
            .Where(l => !l.Contains("sha256:", StringComparison.Ordinal));
        File.WriteAllLines(file, lines.ToList());
    }

    /// <summary>
    /// Has no gate wait for a person because this machine is slow today; to be called before the start.
    /// </summary>
    public void ForgiveLatency()
    {
        string file = Path.Combine(Dir, "service.yaml");
        string text = File.ReadAllText(file);
        File.WriteAllText(file, text.Replace("p99: 500ms", "p99: 30s", StringComparison.Ordinal));
    }

    /// <summary>Starts the program, to die at a failpoint if one is given; nothing is waited for.</summary>
    public void Launch(string? failpoint = null)
    {
        var start = new ProcessStartInfo(RuntimeWorld.Executable)
        {
            ArgumentList =
            {
                "run",
                Dir,
                "--data-url",
                $"http://127.0.0.1:{DataPort}",
                "--admin-url",
                $"http://127.0.0.1:{AdminPort}",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Http2 is not null)
        {
            start.ArgumentList.Add("--http2-url");
            start.ArgumentList.Add(Http2.ToString());
        }

        start.Environment["XDG_STATE_HOME"] = Dir;
        start.Environment["HOME"] = Dir;
        if (failpoint is not null)
        {
            start.ArgumentList.Add("--failpoints");
            start.Environment[Failpoint.Variable] = failpoint;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits until the data port takes connections, and returns when it first did.</summary>
    public async Task<DateTimeOffset> ConnectedAsync()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Patience)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, DataPort);
                return TimeProvider.System.GetUtcNow();
            }
            catch (SocketException)
            {
                EnsureAlive();
                await Task.Delay(2);
            }
        }

        throw new TimeoutException($"the data port never opened; see {Output}");
    }

    /// <summary>Starts the program and waits until it says that it is ready.</summary>
    public async Task StartAsync()
    {
        Launch();
        await ReadyAsync();
    }

    public async Task ReadyAsync()
    {
        using var http = new HttpClient();
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Patience)
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync($"http://127.0.0.1:{AdminPort}/readyz");
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                EnsureAlive();
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"the node never became ready; see {Output}");
    }

    /// <summary>SIGKILL, and when it was sent. Returns once the process is gone.</summary>
    public async Task<DateTimeOffset> KillAsync()
    {
        DateTimeOffset at = TimeProvider.System.GetUtcNow();
        _process!.Kill();
        await _process.WaitForExitAsync();
        return at;
    }

    /// <summary>SIGTERM, and waits until the node has ended its work.</summary>
    public async Task StopAsync()
    {
        using Process term = Process.Start("kill", ["-TERM", _process!.Id.ToString()]);
        await term.WaitForExitAsync();
        using var bound = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(bound.Token);
    }

    /// <summary>A client of the admin API as the command line has it.</summary>
    public AdminClient Admin() => new(new Uri($"http://127.0.0.1:{AdminPort}"), Token, TimeSpan.FromSeconds(70));

    /// <summary>Runs the command line against the node; returns its exit code, its output and what it said.</summary>
    public async Task<(int Code, string Output, string Said)> CommandAsync(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(RuntimeWorld.Executable, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Dir,
        };
        start.Environment["HANDOVER_SERVER"] = $"http://127.0.0.1:{AdminPort}";
        start.Environment["HANDOVER_TOKEN"] = Token;
        start.Environment["HOME"] = Dir;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string said = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, said);
    }

    public async Task<RolloutView> StartRolloutAsync(AdminClient admin, string manifest)
    {
        var body = new StartRolloutRequest { Manifest = manifest, ManifestFile = "acceptance.yaml" };
        (RolloutView view, _) = await admin.PostAsync(
            "/api/v1/rollouts",
            body,
            ProtocolJson.Default.StartRolloutRequest,
            ProtocolJson.Default.RolloutView,
            CancellationToken.None
        );
        return view;
    }

    public static async Task<RolloutView> RolloutAsync(AdminClient admin, string id) =>
        await admin.GetAsync($"/api/v1/rollouts/{id}", ProtocolJson.Default.RolloutView, CancellationToken.None);

    /// <summary>The rollouts as the API prints them, for the judge.</summary>
    public async Task<string> RolloutsJsonAsync()
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        return await http.GetStringAsync($"http://127.0.0.1:{AdminPort}/api/v1/rollouts?pageSize=1000");
    }

    /// <summary>Logs of every model of the service.</summary>
    public IReadOnlyList<string> ModelLogs() =>
        [.. Directory.EnumerateFiles(Path.Combine(State, "logs"), $"{Service}.*.log*").Order(StringComparer.Ordinal)];

    /// <summary>Tries to end the node as an operator would, and then by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false } running)
        {
            running.Kill();
            await running.WaitForExitAsync();
        }

        _process?.Dispose();
        await _output.DisposeAsync();
        for (int tries = 0; tries < 50 && ModelProcesses.Of(Dir).Count > 0; tries++)
        {
            await Task.Delay(100);
        }

        if (Environment.GetEnvironmentVariable("KEEP_ACCEPTANCE") is null)
        {
            Directory.Delete(Dir, recursive: true);
        }
    }

    private void EnsureAlive()
    {
        if (_process is { HasExited: true })
        {
            throw new InvalidOperationException($"the node ended by itself; see {Output}");
        }
    }

    private void Note(string? line)
    {
        lock (_gate)
        {
            if (line is not null && _output.BaseStream is { CanWrite: true })
            {
                _output.WriteLine(line);
            }
        }
    }

    // The sample's process members fail on purpose; here they are wanted for being processes.
    private static string Commanded(string text, string? slow) =>
        text.Replace(", --fault, \"errors=5%\"]", "]", StringComparison.Ordinal)
            .Replace("\"delay=80ms\"", $"\"{slow ?? "delay=80ms"}\"", StringComparison.Ordinal);
}
