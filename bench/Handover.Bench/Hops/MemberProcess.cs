using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

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

    /// <summary>What it has printed.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

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
            catch (HttpRequestException) when (!_process.HasExited)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"{url} never answered: {string.Join('\n', _lines.TakeLast(20))}");
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

    /// <summary>Ports that are free now.</summary>
    public static int[] FreePorts(int count)
    {
        TcpListener[] all = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener one in all)
        {
            one.Start();
        }

        int[] ports = [.. all.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        foreach (TcpListener one in all)
        {
            one.Dispose();
        }

        return ports;
    }

    private void Note(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
