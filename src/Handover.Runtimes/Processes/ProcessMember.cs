// Why: a model that needs its own program is started, watched, restarted with patience and stopped here, so that a
// release of any language moves like one that runs in the node.
using System.Globalization;
using System.Net.Http;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Runtimes.Processes;

/// <summary>A supervised process.</summary>
internal sealed class ProcessMember(
    MemberContext context,
    Member.Process declared,
    RuntimeOptions options,
    StateLayout layout,
    Artefacts artefacts,
    TimeProvider time,
    ILoggerFactory loggers
) : IRunningMember
{
    private const int ProbeFailuresUntilUnready = 3;
    private const int PortTries = 3;
    private const string PortTaken = "port-taken";
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LastPoll = TimeSpan.FromMilliseconds(400);
    private readonly ILogger _logger = loggers.CreateLogger<ProcessMember>();
    private readonly CancellationTokenSource _stop = new();
    private ChildProcess? _child;
    private BatchedLog? _log;
    private Task _supervision = Task.CompletedTask;
    private volatile MemberState _state = new(null, false, false, null);

    public IReadOnlyList<MemberEndpoint> Endpoints => _state.Port is { } port ? [Endpoint(port)] : [];

    public bool Ready => _state.Ready;

    public bool Failed => _state.Failed;

    public string? Trouble => _state.Trouble;

    public long ResidentBytes { get; private set; }

    public IReadOnlyDictionary<string, string> Artefacts { get; private set; } = new Dictionary<string, string>();

    public async Task<Problem?> StartAsync(CancellationToken cancel)
    {
        if (!options.AllowProcesses)
        {
            return new("processes-not-allowed", $"{context} is a process, and this node may not start any.");
        }

        _log = new BatchedLog(new RollingFile(layout.Log(context)), _logger);
        Problem? problem = await LaunchAsync(cancel);
        if (problem is null)
        {
            _supervision = Task.Run(SuperviseAsync, CancellationToken.None);
        }

        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        bool serving = _state.Port is not null;
        await _stop.CancelAsync();
        await _supervision;
        if (serving)
        {
            // Out of the list first, so that gateways stop sending before the process is told to end.
            Become(new(null, false, false, null));
            await Task.Delay(options.DrainWait, time);
        }

        if (_child is not null)
        {
            await _child.StopAsync(options.StopGrace, time);
            _child.Dispose();
        }

        if (_log is not null)
        {
            await _log.DisposeAsync();
        }

        _stop.Dispose();
    }

    /// <summary>
    /// Starts the process and waits until it is ready; again on another port when somebody took the first. When it does
    /// not get ready, nothing of it is left.
    /// </summary>
    private async Task<Problem?> LaunchAsync(CancellationToken cancel)
    {
        Problem? problem = await LaunchOnceAsync(cancel);
        for (int again = 1; problem is { Code: PortTaken } && again < PortTries; again++)
        {
            _logger.LogWarning("{Member}: {Problem}", context, problem.Message);
            problem = await LaunchOnceAsync(cancel);
        }

        return problem;
    }

    private async Task<Problem?> LaunchOnceAsync(CancellationToken cancel)
    {
        if (await AlteredAsync(cancel) is { } altered)
        {
            return altered;
        }

        _child?.Dispose();
        _child = null;
        Result<ChildProcess> started = ChildProcess.Start(context, declared, options, layout, _log!, time.GetUtcNow());
        if (!started.Ok)
        {
            return started.Problems[0];
        }

        ChildProcess child = started.Value;
        _child = child;
        try
        {
            Problem? problem = await UntilReadyAsync(child, cancel);
            if (problem is null)
            {
                ResidentBytes = child.ResidentBytes;
                Become(new(child.Port, true, false, null));
                return null;
            }

            await child.StopAsync(TimeSpan.Zero, time);
            return problem;
        }
        catch (OperationCanceledException)
        {
            await child.StopAsync(TimeSpan.Zero, time);
            throw;
        }
    }

    private async Task<Problem?> UntilReadyAsync(ChildProcess child, CancellationToken cancel)
    {
        using HttpClient client = Client(child);
        long startedAt = time.GetTimestamp();
        TimeSpan poll = FirstPoll;
        string? last = null;
        while (time.GetElapsedTime(startedAt) < declared.StartTimeout)
        {
            last = await ReadyProbe.AskAsync(client, declared.Ready, options.ProbeInterval, time, cancel);
            if (last is null)
            {
                return PortOwner.Stranger(child.Port, child.Mark) is { } pid ? Taken(child.Port, pid) : null;
            }

            if (child.Exited.IsCompleted)
            {
                await child.StopAsync(TimeSpan.Zero, time);
                return new("process-exited", $"{context} ended before it was ready: {child.LastWords()}")
                {
                    Fix = $"Its whole output is in {layout.Log(context)}.",
                };
            }

            await Task.WhenAny(child.Exited, Task.Delay(poll, time, cancel));
            poll = TimeSpan.FromTicks(Math.Min(poll.Ticks * 2, LastPoll.Ticks));
        }

        string seconds = declared.StartTimeout.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new("process-not-ready", $"{context} was not ready after {seconds} s: {last}; {child.LastWords()}")
        {
            Field = "ready",
            Fix =
                "Check that it listens on 127.0.0.1 and the port in PORT. "
                + $"Its whole output is in {layout.Log(context)}.",
        };
    }

    /// <summary>
    /// Why it must not start: its files are not those of the release, or not those that it was first started from.
    /// </summary>
    private async Task<Problem?> AlteredAsync(CancellationToken cancel)
    {
        Result<IReadOnlyDictionary<string, string>> found = await artefacts.ReadAsync(declared, cancel);
        if (!found.Ok)
        {
            return found.Problems[0];
        }

        foreach ((string file, string? frozen) in Artefacts.Concat(context.Frozen.Where(f => Named(f.Key))))
        {
            if (FrozenFiles.Altered(file, found.Value.GetValueOrDefault(file), frozen) is { } altered)
            {
                return altered;
            }
        }

        Artefacts = found.Value;
        return null;

        // What a release was frozen with are the files of all its members.
        bool Named(string file) =>
            declared.Command.Any(word => word == file || word.EndsWith("=" + file, StringComparison.Ordinal));
    }

    private Problem Taken(int port, int pid) =>
        new(PortTaken, $"{context} was to listen on port {port}, but another member's process, {pid}, does")
        {
            Fix = "Start it again: it is told another port.",
        };

    /// <summary>Watches the process until it is stopped or has crashed too often in a row.</summary>
    private async Task SuperviseAsync()
    {
        try
        {
            int crashes = 0;
            while (true)
            {
                ChildProcess child = _child!;
                await WatchAsync(child);

                // At once: what is left of it is about to be ended, so nothing may be sent there any more.
                Become(new(null, false, false, child.Ending()));
                bool steady = time.GetUtcNow() - child.StartedAt >= SteadyAfter;
                crashes = steady ? 1 : crashes + 1;
                string ending = child.Ending();
                await child.StopAsync(TimeSpan.Zero, time);
                crashes = await RestartAsync(crashes, ending);
                if (crashes > options.RestartLimit)
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped on purpose; whoever stops it ends the process.
        }
    }

    /// <summary>
    /// Starts it again, with growing patience. Returns the crashes in a row, over the limit when it gave up.
    /// </summary>
    private async Task<int> RestartAsync(int crashes, string ending)
    {
        while (crashes <= options.RestartLimit)
        {
            TimeSpan wait = Backoff(crashes);
            string trouble = $"{ending}; start {crashes} of {options.RestartLimit} in {wait.TotalSeconds:0.##} s";
            _logger.LogWarning("{Member}: {Trouble}", context, trouble);
            Become(new(null, false, false, trouble));
            await Task.Delay(wait, time, _stop.Token);
            if (await LaunchAsync(_stop.Token) is not { } problem)
            {
                return crashes;
            }

            ending = problem.Message;
            crashes++;
        }

        _logger.LogError("{Member}: given up after {Count} crashes in a row: {Ending}", context, crashes, ending);
        Become(new(null, false, true, $"given up after {crashes} crashes in a row: {ending}"));
        return crashes;
    }

    /// <summary>Probes the running process until it exits.</summary>
    private async Task WatchAsync(ChildProcess child)
    {
        using HttpClient client = Client(child);
        int failures = 0;
        while (!child.Exited.IsCompleted)
        {
            await Task.WhenAny(child.Exited, Task.Delay(options.ProbeInterval, time, _stop.Token));
            _stop.Token.ThrowIfCancellationRequested();
            if (child.Exited.IsCompleted)
            {
                return;
            }

            string? why = await ReadyProbe.AskAsync(client, declared.Ready, options.ProbeInterval, time, _stop.Token);
            failures = why is null ? 0 : failures + 1;
            ResidentBytes = child.ResidentBytes;
            bool ready = failures < ProbeFailuresUntilUnready;
            if (ready != _state.Ready)
            {
                Become(new(child.Port, ready, false, ready ? null : $"not ready: {why}"));
            }
        }
    }

    private TimeSpan Backoff(int crashes)
    {
        double factor = Math.Pow(2, Math.Min(crashes - 1, 20));
        return TimeSpan.FromTicks((long)Math.Min(options.RestartAfter.Ticks * factor, options.RestartAfterMax.Ticks));
    }

    private void Become(MemberState state)
    {
        _state = state;
        context.Changed();
    }

    private HttpClient Client(ChildProcess child) =>
        MemberConnection.Client(Endpoint(child.Port), options.UrlPolicy, Timeout.InfiniteTimeSpan);

    private static MemberEndpoint Endpoint(int port) => new(new Uri($"http://127.0.0.1:{port}"));

    private sealed record MemberState(int? Port, bool Ready, bool Failed, string? Trouble);
}
