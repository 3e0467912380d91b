using System.Net.Sockets;

namespace Handover.Gateway.Upstream;

/// <summary>
/// The resting connections to one endpoint. The one that rested last is taken first, so that under little load the
/// others grow old and are closed.
/// </summary>
internal sealed class UpstreamPool : IDisposable
{
    /// <summary>
    /// Longest rest. Servers close what rests without a warning (gunicorn after 2 s, uvicorn and Node after 5 s), and
    /// a request that is sent in that moment is lost: so we are earlier.
    /// </summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1.5);

    /// <summary>Longest life, so that a name that has come to mean another address is looked up again.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    private const int MostResting = 256;

    private readonly MemberDialer _dialer;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<UpstreamConnection> _resting = [];
    private readonly ITimer _sweep;
    private bool _closed;

    /// <param name="dialer">Makes new ones.</param>
    /// <param name="time">Clock of rest and life.</param>
    public UpstreamPool(MemberDialer dialer, TimeProvider time)
    {
        (_dialer, _time) = (dialer, time);
        _sweep = time.CreateTimer(_ => Sweep(), null, LongestRest, LongestRest);
    }

    /// <summary>A connection that has rested; null when there is none that may be used.</summary>
    public UpstreamConnection? Take()
    {
        while (TakeResting() is { } connection)
        {
            if (Fresh(connection))
            {
                return connection;
            }

            connection.Dispose();
        }

        return null;
    }

    /// <summary>
    /// A new connection. Throws <see cref="SocketException"/> or <see cref="HttpRequestException"/> when none can be
    /// made.
    /// </summary>
    public async ValueTask<UpstreamConnection> MakeAsync(CancellationToken cancel) =>
        new(await _dialer.DialAsync(cancel), _time.GetTimestamp());

    /// <summary>Ends an exchange: takes the connection back, or closes it when it cannot be used again.</summary>
    /// <param name="connection">The connection; null when none was made.</param>
    /// <param name="request">What was sent over it; null when it was not even written.</param>
    /// <param name="whole">Whether the answer was read to its end.</param>
    public void End(UpstreamConnection? connection, RequestBytes? request, bool whole)
    {
        // Bytes that are still being sent must not be lent to anybody else.
        if (connection is null or { Sent: true })
        {
            request?.Dispose();
        }

        if (whole && connection!.TryRest(_time.GetTimestamp()))
        {
            lock (_gate)
            {
                if (!_closed && _resting.Count < MostResting)
                {
                    _resting.Add(connection);
                    return;
                }
            }
        }

        connection?.Dispose();
    }

    /// <summary>Closes those that rest; who is out is closed when given back.</summary>
    public void Dispose()
    {
        _sweep.Dispose();
        lock (_gate)
        {
            _closed = true;
            _resting.ForEach(c => c.Dispose());
            _resting.Clear();
        }
    }

    private UpstreamConnection? TakeResting()
    {
        lock (_gate)
        {
            if (_resting is not [.., var last])
            {
                return null;
            }

            _resting.RemoveAt(_resting.Count - 1);
            return last;
        }
    }

    private bool Fresh(UpstreamConnection connection) =>
        !connection.Stale
        && _time.GetElapsedTime(connection.RestsSince) < LongestRest
        && _time.GetElapsedTime(connection.Made) < LongestLife;

    private void Sweep()
    {
        lock (_gate)
        {
            _resting.RemoveAll(connection =>
            {
                bool old = !Fresh(connection);
                if (old)
                {
                    connection.Dispose();
                }

                return old;
            });
        }
    }
}
