using System.Collections.Concurrent;
using Handover.Control.Consumers;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Notify;

/// <summary>
/// Tells consumers what lies in the outbox: for each the oldest first, again and again until it is taken. Consumers do
/// not wait for each other, and no rollout waits for any of this.
/// </summary>
public sealed class DeliveryLoop : IAsyncDisposable
{
    /// <summary>After so long an event is given up.</summary>
    public static readonly TimeSpan LongestKept = TimeSpan.FromDays(3);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan IdleLook = TimeSpan.FromSeconds(5);

    private readonly NotificationOutbox _outbox;
    private readonly AcknowledgementStore _acknowledgements;
    private readonly WebhookClient _client;
    private readonly Func<CatalogSnapshot> _catalog;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<(string Service, string Consumer), Task> _sending = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>A loop that does nothing until it is started.</summary>
    public DeliveryLoop(
        NotificationOutbox outbox,
        AcknowledgementStore acknowledgements,
        WebhookClient client,
        Func<CatalogSnapshot> catalog,
        TimeProvider time,
        ILogger<DeliveryLoop> log
    )
    {
        (_outbox, _acknowledgements, _client, _catalog) = (outbox, acknowledgements, client, catalog);
        (_time, _log) = (time, log);
        _outbox.Added += Wake;
    }

    /// <summary>Begins, with what a restart left.</summary>
    public void Start() => _loop = LoopAsync();

    /// <summary>How long to wait after so many failed tries.</summary>
    public static TimeSpan PauseAfter(int attempts) =>
        TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(Math.Max(attempts - 1, 0), 20), LongestPause.Ticks));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _outbox.Added -= Wake;
        await _stop.CancelAsync();
        await _loop;
        await Task.WhenAll(_sending.Values);
        _client.Dispose();
        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task LoopAsync()
    {
        await Task.Yield();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                TimeSpan wait = Look();
                await _wake.WaitAsync(wait, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException e)
            {
                _log.LogWarning(e, "the outbox of notifications cannot be read; tried again");
                await Task.Delay(IdleLook, _time, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private TimeSpan Look()
    {
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan wait = IdleLook;
        // Before the outbox is read: an event that is taken meanwhile would look as if it still waited.
        HashSet<(string, string)> busy = [.. _sending.Keys];
        foreach (Notification head in _outbox.Heads())
        {
            (string, string) key = (head.Service, head.Consumer);
            if (busy.Contains(key))
            {
                continue;
            }

            if (head.NextAt > now)
            {
                TimeSpan left = head.NextAt - now;
                wait = left < wait ? left : wait;
                continue;
            }

            // Registered before it runs, so that it can take itself out however soon it ends.
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _sending[key] = SendAsync(head, key, begun.Task);
            begun.SetResult();
        }

        return wait;
    }

    private async Task SendAsync(Notification head, (string, string) key, Task registered)
    {
        await registered;
        try
        {
            _outbox.Save(await TryAsync(head));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            // The top of a loop: the event is still in the outbox, and is told again.
            _log.LogError(e, "{Consumer} of {Service} was not told", head.Consumer, head.Service);
            await Task.Delay(FirstPause, _time, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        finally
        {
            _sending.TryRemove(key, out _);
            Wake();
        }
    }

    private async Task<Notification> TryAsync(Notification head)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (
            !_catalog().Consumers.TryGetValue((head.Service, head.Consumer), out Consumer? consumer)
            || consumer.Notify is not { } target
        )
        {
            return head with { GivenUpAt = now, Trouble = "the consumer does not want to be told any more" };
        }

        if (now - head.CreatedAt > LongestKept)
        {
            return head with
            {
                GivenUpAt = now,
                Trouble = $"not taken within {LongestKept.TotalDays:0} days: {head.Trouble}",
            };
        }

        WebhookAnswer answer = await _client.SendAsync(head, target, _stop.Token);
        if (answer.AcknowledgedDigest is { } digest)
        {
            Acknowledge(head, consumer, digest);
        }

        int attempts = head.Attempts + 1;
        now = _time.GetUtcNow();
        if (answer.Delivered)
        {
            return head with { Attempts = attempts, DeliveredAt = now, Trouble = answer.Trouble };
        }

        _log.LogWarning("{Service}/{Consumer} was not told: {Trouble}", head.Service, head.Consumer, answer.Trouble);
        return head with { Attempts = attempts, NextAt = now + PauseAfter(attempts), Trouble = answer.Trouble };
    }

    // The digest names the release; one that is not declared cannot have been meant.
    private void Acknowledge(Notification head, Consumer consumer, string digest)
    {
        Release? release = _catalog()
            .Releases.Values.FirstOrDefault(r => r.Service == head.Service && ReleaseDigest.Of(r) == digest);
        if (release is null)
        {
            _log.LogWarning("{Consumer} acknowledges {Digest}, which no release has", consumer.Name, digest);
            return;
        }

        _acknowledgements.Add(
            new Acknowledgement(
                head.Service,
                consumer.Name,
                release.Name,
                digest,
                _time.GetUtcNow(),
                consumer.Name,
                "webhook"
            )
        );
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Awake already, or stopping.
        }
    }
}
