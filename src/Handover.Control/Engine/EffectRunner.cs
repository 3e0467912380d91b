using Handover.Core.Rollouts;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// Keeps the running effects of one rollout equal to the wanted ones: starts what is new, leaves what runs, cancels
/// what is no longer wanted. An effect whose answer was lost is derived and run again; all of them are safe to repeat.
/// </summary>
internal sealed class EffectRunner(IRolloutShell shell, TimeProvider time, ILogger log, Action<RolloutCommand> post)
    : IAsyncDisposable
{
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromSeconds(1);

    private readonly Dictionary<RolloutEffect, Running> _running = [];
    private readonly Lock _gate = new();
    private Task _lastMove = Task.CompletedTask;

    /// <summary>Makes the running effects those of the state.</summary>
    public void Reconcile(RolloutState state)
    {
        lock (_gate)
        {
            var wanted = Effects.Of(state).Where(NeedsWork).ToHashSet();
            foreach (RolloutEffect gone in _running.Keys.Where(e => !wanted.Contains(e)).ToList())
            {
                _running[gone].Cancel.Cancel();
                _running.Remove(gone);
            }

            foreach (RolloutEffect effect in wanted.Where(e => !_running.ContainsKey(e)))
            {
                var running = new Running();
                // Nothing is stopped while a move may still commit: it could open the service on what stops.
                bool moves = effect is RolloutEffect.Move or RolloutEffect.StopStack;
                running.Task = RunAsync(state, effect, moves ? _lastMove : Task.CompletedTask, running);
                _lastMove = moves ? running.Task : _lastMove;
                _running[effect] = running;
            }
        }
    }

    /// <summary>Forgets what has answered, so that the next <see cref="Reconcile"/> runs it again.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            // Who has answered may not have returned yet.
            var over = _running.Where(r => r.Value.Answered || r.Value.Task.IsCompleted).Select(r => r.Key).ToList();
            foreach (RolloutEffect done in over)
            {
                _running.Remove(done);
            }
        }
    }

    // Keeping stacks, mirroring and judging follow from the state elsewhere; they are no pieces of work that end.
    private static bool NeedsWork(RolloutEffect effect) =>
        effect is not (RolloutEffect.KeepStack or RolloutEffect.Mirror or RolloutEffect.Judge);

    private async Task RunAsync(RolloutState state, RolloutEffect effect, Task before, Running running)
    {
        CancellationToken cancel = running.Cancel.Token;
        await Task.Yield();
        await before;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                // A move that committed is told even when it is no longer wanted: routing has changed.
                RolloutCommand? answer = await shell.RunAsync(state, effect, cancel);
                Failpoint.Pass(Failpoint.EffectAnswered);
                if (answer is RolloutCommand.MoveCommitted || (answer is not null && !cancel.IsCancellationRequested))
                {
                    running.Answered = true;
                    post(answer);
                }

                return;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The top of a loop: whatever went wrong, the work is still wanted.
                log.LogError(e, "{Rollout}: {Effect} failed and is tried again", state.Id, effect.GetType().Name);
                await Task.Delay(PauseAfterError, time, cancel).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<Running> all;
        lock (_gate)
        {
            all = [.. _running.Values];
            _running.Clear();
        }

        foreach (Running running in all)
        {
            await running.Cancel.CancelAsync();
        }

        await Task.WhenAll(all.Select(r => r.Task));
    }

#pragma warning disable CA1001 // A source without a timer holds nothing to give back.
    private sealed class Running
#pragma warning restore CA1001
    {
        public readonly CancellationTokenSource Cancel = new();
        public Task Task = Task.CompletedTask;
        public volatile bool Answered;
    }
}
