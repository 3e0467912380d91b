using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Diamonds.Demo;

/// <summary>
/// The node as its users run it: another process, known by its addresses alone. It stands behind Handover's own shim,
/// which ends it when this process ends, whatever ends this process.
/// </summary>
public sealed partial class NodeProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private readonly Process process;
    private readonly string logFile;
    private readonly StreamWriter log;
    private readonly Lock gate = new();
    private readonly TaskCompletionSource<(Uri Data, Uri Admin)> addresses = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    private NodeProcess(DemoOptions options)
    {
        string program = options.Program("Handover.App", "handover");
        if (!File.Exists(program))
        {
            throw new DemoFailure($"{program} is not built; './do demo' builds it.");
        }

        string directory = options.NodeDirectory;
        List<string> arguments = ["shim", "--record", Path.Combine(options.Output, "node.pid"), "--", program, "run"];
        arguments.AddRange([directory, "--data-url", "http://127.0.0.1:0", "--admin-url", "http://127.0.0.1:0"]);
        if (options.Sabotage)
        {
            arguments.Add("--sabotage-stickiness");
        }

        StateDirectory = Path.Combine(directory, ".handover");
        logFile = options.NodeLog;
        log = new StreamWriter(logFile) { AutoFlush = true };
        process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where customers are served.</summary>
    public Uri Data { get; private set; } = null!;

    /// <summary>Where the API is.</summary>
    public Uri Admin { get; private set; } = null!;

    /// <summary>The node's state.</summary>
    public string StateDirectory { get; }

    /// <summary>The token that the node wrote at its first start.</summary>
    public string Token => File.ReadAllText(Path.Combine(StateDirectory, "admin.token")).Trim();

    /// <summary>What the model servers logged.</summary>
    public IReadOnlyList<string> ModelLogs =>
        [.. Directory.EnumerateFiles(Path.Combine(StateDirectory, "logs"), "*.log*").Order(StringComparer.Ordinal)];

    /// <summary>Starts a node on free ports and waits until it says where it listens.</summary>
    public static async Task<NodeProcess> StartAsync(DemoOptions options, CancellationToken stop)
    {
        var node = new NodeProcess(options);
        try
        {
            Task ended = node.process.WaitForExitAsync(stop);
            Task first = await Task.WhenAny(node.addresses.Task, ended, Task.Delay(StartLimit, stop));
            stop.ThrowIfCancellationRequested();
            if (first != node.addresses.Task)
            {
                string what = first == ended ? "ended at once" : $"did not start in {StartLimit.TotalSeconds:0} s";
                throw new DemoFailure($"the node {what}; see {node.logFile}");
            }

            (node.Data, node.Admin) = await node.addresses.Task;
            await node.ServesAsync(stop);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until the node says that it is ready and the model answers through it: before, customers are not let in.
    /// </summary>
    private async Task ServesAsync(CancellationToken stop)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        Uri[] doors = [new(Admin, "readyz"), new(Data, $"v2/models/{NodeClient.Service}")];
        long begun = Stopwatch.GetTimestamp();
        foreach (Uri door in doors)
        {
            HttpStatusCode status;
            while ((status = await StatusAsync(client, door, stop)) != HttpStatusCode.OK)
            {
                if (Stopwatch.GetElapsedTime(begun) > StartLimit)
                {
                    throw new DemoFailure($"{door} still answers {(int)status} after {StartLimit.TotalSeconds:0} s");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
            }
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, Uri door, CancellationToken stop)
    {
        using HttpResponseMessage answer = await client.GetAsync(door, stop);
        return answer.StatusCode;
    }

    /// <summary>Asks the node to stop and waits; kills it when it does not. May be called twice.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = Kill(process.Id, SigTerm);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                // The shim kills the node's session when its input ends.
                process.StandardInput.Close();
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        lock (gate)
        {
            log.Dispose();
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (gate)
        {
            if (log.BaseStream is { CanWrite: true })
            {
                log.WriteLine(line);
            }
        }

        if (Listening().Match(line) is { Success: true } found)
        {
            addresses.TrySetResult((new Uri(found.Groups[1].Value), new Uri(found.Groups[2].Value)));
        }
    }

    [GeneratedRegex(@"^handover: gateway (\S+), API (\S+),")]
    private static partial Regex Listening();

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int pid, int signal);
}
