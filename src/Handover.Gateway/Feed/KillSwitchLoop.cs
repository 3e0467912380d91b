using Handover.Core.Foundation;
using Handover.Gateway.Routing;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Gateway.Feed;

/// <summary>
/// Obeys the kill switches: at once when the API flips one, within a tenth of a second when somebody puts a file there
/// or takes it away. It needs nothing but the disk, and a disk that cannot be read changes nothing.
/// </summary>
/// <param name="files">The switches.</param>
/// <param name="table">The services.</param>
/// <param name="time">Clock of the looks.</param>
/// <param name="log">Switches that changed.</param>
internal sealed partial class KillSwitchLoop(
    KillSwitchFiles files,
    Func<FeedTable> table,
    TimeProvider time,
    ILogger log
) : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();

    // Flipped by the API while the disk did not take it: the loop must not undo that at its next look.
    private readonly HashSet<string> _onlyInMemory = [];
    private bool _unreadable;
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins to look.</summary>
    public void Start() => _loop = LoopAsync();

    /// <summary>Switches a service; in force when this returns, and durable unless a problem says so.</summary>
    public Problem? Switch(string service, KillSwitch? off)
    {
        if (!table().Units.TryGetValue(service, out ServiceUnit? unit))
        {
            return new Problem("unknown-service", $"this gateway knows no service '{service}'.");
        }

        lock (_gate)
        {
            Obey(unit, service, off);
            try
            {
                files.Write(service, off);
                _onlyInMemory.Remove(service);
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _onlyInMemory.Add(service);
                return new Problem("unavailable", $"in force, but a restart forgets it: {e.Message}")
                {
                    Fix = "Free the disk of the state directory and give the command again.",
                };
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The gateway stops; what is switched off stays so on the disk.
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            HashSet<string> names;
            try
            {
                names = files.Names();
                _unreadable = false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (!_unreadable)
                {
                    LogUnreadable(e);
                }

                _unreadable = true;
                return;
            }

            foreach ((string service, ServiceUnit unit) in table().Units)
            {
                bool off = unit.Snapshot.Off is { Lifted: false };
                if (off != names.Contains(service) && !_onlyInMemory.Contains(service))
                {
                    Obey(unit, service, files.Read(service));
                }
            }
        }
    }

    private void Obey(ServiceUnit unit, string service, KillSwitch? off)
    {
        unit.Switch(off);
        if (off is null)
        {
            LogOn(service);
        }
        else
        {
            LogOff(service, off.By, off.Reason);
        }
    }

    [LoggerMessage(3040, LogLevel.Warning, "{Service} is switched off by {By}: {Reason}")]
    private partial void LogOff(string service, string by, string reason);

    [LoggerMessage(3041, LogLevel.Warning, "{Service} is switched on")]
    private partial void LogOn(string service);

    [LoggerMessage(3042, LogLevel.Error, "the kill switches cannot be read; what is known stays in force")]
    private partial void LogUnreadable(Exception e);
}
