using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Handover.Testkit;

/// <summary>
/// A member that is no HTTP server: on a real socket it says, byte by byte, what a test wrote down, right or wrong. It
/// keeps what it was sent as it came.
/// </summary>
public sealed class ScriptedMember : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, Script> _scripts;
    private readonly Task _accepting;
    private int _closed;

    private ScriptedMember(Func<string, Script> scripts)
    {
        _scripts = scripts;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Requests as they came, in Latin-1, with the number of the connection.</summary>
    public ConcurrentQueue<(int Connection, string Request)> Log { get; } = new();

    /// <summary>Connections that it has closed.</summary>
    public int Closed => Volatile.Read(ref _closed);

    /// <summary>Starts one; what it says to a request is the script for it.</summary>
    public static ScriptedMember Start(Func<string, Script> scripts) => new(scripts);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (int number = 0; ; number++)
        {
            try
            {
                Socket socket = await _listener.AcceptSocketAsync(_stop.Token);
                socket.NoDelay = true;
                _ = ServeAsync(socket, number);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        using Socket own = socket;
        var got = new StringBuilder();
        try
        {
            while (await RequestAsync(socket, got) is { } request)
            {
                Log.Enqueue((number, request));
                Script script = _scripts(request);
                foreach (string piece in script.Pieces)
                {
                    await socket.SendAsync(Encoding.Latin1.GetBytes(piece), _stop.Token);
                    await Task.Delay(script.Pause, _stop.Token);
                }

                if (script.Closes)
                {
                    own.Dispose();
                    Interlocked.Increment(ref _closed);
                    return;
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The other side has gone, or the test has ended.
        }
    }

    private async Task<string?> RequestAsync(Socket socket, StringBuilder got)
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            string text = got.ToString();
            int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && text.Length >= head + 4 + Length(text[..head]))
            {
                int whole = head + 4 + Length(text[..head]);
                got.Remove(0, whole);
                return text[..whole];
            }

            int read = await socket.ReceiveAsync(buffer, _stop.Token);
            if (read == 0)
            {
                return null;
            }

            got.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    private static int Length(string head) =>
        head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            is { } line
            ? int.Parse(line["Content-Length:".Length..], System.Globalization.CultureInfo.InvariantCulture)
            : 0;
}

/// <summary>What a <see cref="ScriptedMember"/> says to one request.</summary>
/// <param name="Pieces">Sent one after the other, in Latin-1, each in a packet of its own.</param>
/// <param name="Closes">Whether it closes the connection then; else it waits for the next request.</param>
public sealed record Script(IReadOnlyList<string> Pieces, bool Closes = false)
{
    /// <summary>After each piece.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(2);
}
