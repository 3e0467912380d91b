using System.Collections.Concurrent;
using System.Diagnostics;

namespace Handover.Bench.Hops;

/// <summary>A process with its output kept line by line. It is stopped by its own id, never by a name.</summary>
public sealed class MemberProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Starts a program.</summary>
    public MemberProcess(string program, IEnumerable<string> arguments, string directory)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = directory;
        start.Environment["XDG_STATE_HOME"] = directory;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The system's number of it.</summary>
    public int Id => _process.Id;

    /// <summary>What it has printed.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What the system says of it and what it said last, for people who look why it does not answer.</summary>
    public string Condition()
    {
        string file = $"/proc/{_process.Id}/status";
        string[] status = File.Exists(file) ? File.ReadAllLines(file) : ["it is gone"];
        string[] telling = ["State", "Threads", "SigPnd", "VmRSS", "it is"];
        IEnumerable<string> told = status.Where(l => telling.Any(t => l.StartsWith(t, StringComparison.Ordinal)));
        return string.Join('\n', [.. told, .. _lines.TakeLast(20)]);
    }

    /// <summary>Waits until an address answers 2xx.</summary>
    public async Task ReadyAsync(Uri url)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(90))
        {
            try
            {
                using HttpResponseMessage answer = await http.GetAsync(url);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (HttpRequestException e)
            {
                if (_process.HasExited)
                {
                    throw new InvalidOperationException($"it ended before {url} answered: {Condition()}", e);
                }
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"{url} never answered: {Condition()}");
    }

    /// <summary>SIGTERM, and its end.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            using Process term = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await term.WaitForExitAsync();
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            try
            {
                await _process.WaitForExitAsync(bound.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        await _process.WaitForExitAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
