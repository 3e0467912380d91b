using System.Collections.Concurrent;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// Keeps exactly the wanted stacks running: starts what is missing (again and again, with back-off), and stops what
/// nobody wants any more once no request can still reach it. The wish is replaced whole and derived from state each
/// time, so a restart wants the same.
/// </summary>
public sealed class StackKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);

    // Longer than a pin is good for: whatever still hangs in a release then has no way on to its other members.
    private static readonly TimeSpan LongestDrain = TimeSpan.FromMinutes(11);

    private readonly IRuntimePort _runtime;
    private readonly Func<string, GatewayStatus?> _gateway;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<(string Service, string Release), Stack> _stacks = new();
    private readonly ConcurrentDictionary<(string Service, string Release), long> _measured = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _loop;
    private IReadOnlyDictionary<(string Service, string Release), Release> _wanted =
        new Dictionary<(string, string), Release>();

    /// <summary>Starts keeping; nothing is wanted yet.</summary>
    public StackKeeper(IRuntimePort runtime, Func<string, GatewayStatus?> gateway, TimeProvider time, ILogger log)
    {
        _runtime = runtime;
        _gateway = gateway;
        _time = time;
        _log = log;
        _loop = LoopAsync();
    }

    /// <summary>Replaces the wish.</summary>
    public void Want(IReadOnlyDictionary<(string Service, string Release), Release> wanted)
    {
        Volatile.Write(ref _wanted, wanted);
        Reconcile();
    }

    /// <summary>
    /// Why the stack could not be started the last time; null when nothing failed since it was wanted.
    /// </summary>
    public string? Trouble(string service, string release) =>
        _stacks.TryGetValue((service, release), out Stack? stack) ? stack.Trouble : null;

    /// <summary>
    /// What the stack took when it was last started here, in bytes; null when that could not be told apart.
    /// </summary>
    public long? Measured(string service, string release) =>
        _measured.TryGetValue((service, release), out long bytes) ? bytes : null;

    /// <summary>Whether nothing of the stack runs, starts or stops any more.</summary>
    public bool Gone(string service, string release) =>
        !_stacks.ContainsKey((service, release)) && _runtime.Status(service, release) is null;

    /// <summary>
    /// The first stack of the service that nobody wants any more and that is still there; null when there is none.
    /// </summary>
    public string? Draining(string service)
    {
        IReadOnlyDictionary<(string Service, string Release), Release> wanted = Volatile.Read(ref _wanted);
        return _stacks
            .Keys.Where(key =>
                string.Equals(key.Service, service, StringComparison.Ordinal) && !wanted.ContainsKey(key)
            )
            .Select(key => key.Release)
            .Min(StringComparer.Ordinal);
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Period, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    Reconcile();
                }
                catch (Exception e)
                {
                    // The top of a loop: without it nothing would start or stop until the wish changes.
                    _log.LogError(e, "stacks could not be started or stopped; tried again");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node is stopping.
        }
    }

    private void Reconcile()
    {
        lock (_gate)
        {
            IReadOnlyDictionary<(string Service, string Release), Release> wanted = Volatile.Read(ref _wanted);
            foreach (((string Service, string Release) key, Release release) in wanted)
            {
                Stack stack = _stacks.GetOrAdd(key, _ => new Stack());
                stack.UnwantedSince = null;
                bool idle = stack.Work is null or { IsCompleted: true };
                bool running = _runtime.Status(key.Service, key.Release) is not null;
                if (idle && !running && _time.GetUtcNow() >= stack.NotBefore)
                {
                    stack.Starting = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                    stack.Work = StartAsync(stack, release, stack.Starting);
                }
            }

            foreach (((string Service, string Release) key, Stack stack) in _stacks)
            {
                if (wanted.ContainsKey(key))
                {
                    continue;
                }

                // A start that nobody waits for any more may stand in the way of one that is waited for.
                stack.Starting?.Cancel();
                if (stack.Work is null or { IsCompleted: true })
                {
                    StopWhenDrained(key, stack);
                }
            }
        }
    }

    private async Task StartAsync(Stack stack, Release release, CancellationTokenSource starting)
    {
        await Task.Yield();
        try
        {
            Result<StackStatus> started = await _runtime.StartAsync(release, starting.Token);
            stack.Trouble = started.Ok ? null : string.Join("; ", started.Problems);
            if (started is { Ok: true, Value.ResidentBytes: > 0 and var bytes })
            {
                _measured[(release.Service, release.Name)] = bytes;
            }
        }
        catch (OperationCanceledException) when (starting.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            stack.Trouble = e.Message;
        }
        finally
        {
            // Whoever cancels it holds the lock, and must not meet one that is disposed.
            lock (_gate)
            {
                stack.Starting = null;
                starting.Dispose();
            }
        }

        if (stack.Trouble is null)
        {
            stack.Failures = 0;
            return;
        }

        stack.Failures++;
        double seconds = Math.Min(Math.Pow(2, stack.Failures - 1), LongestBackOff.TotalSeconds);
        stack.NotBefore = _time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        _log.LogWarning("{Service}/{Release} does not start: {Trouble}", release.Service, release.Name, stack.Trouble);
    }

    private void StopWhenDrained((string Service, string Release) key, Stack stack)
    {
        DateTimeOffset now = _time.GetUtcNow();
        stack.UnwantedSince ??= now;
        GatewayStatus? status = _gateway(key.Service);
        int busy =
            (status?.InFlight.GetValueOrDefault(key.Release) ?? 0)
            + (status?.LivePins.GetValueOrDefault(key.Release) ?? 0);
        if (busy > 0 && now - stack.UnwantedSince < LongestDrain)
        {
            return;
        }

        if (_runtime.Status(key.Service, key.Release) is null)
        {
            _stacks.TryRemove(key, out _);
            return;
        }

        stack.Work = _runtime.StopAsync(key.Service, key.Release, _stop.Token);
    }

    /// <summary>Stops keeping. Stacks are stopped by the runtime's own disposal.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private sealed class Stack
    {
        public Task? Work;
        public CancellationTokenSource? Starting;
        public int Failures;
        public DateTimeOffset NotBefore;
        public DateTimeOffset? UnwantedSince;
        public volatile string? Trouble;
    }
}
