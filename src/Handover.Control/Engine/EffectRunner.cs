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

    private readonly Dictionary<RolloutEffect, (Task Task, CancellationTokenSource Cancel)> _running = [];
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
                var cancel = new CancellationTokenSource();
                // Nothing is stopped while a move may still commit: it could open the service on what stops.
                bool moves = effect is RolloutEffect.Move or RolloutEffect.StopStack;
                Task task = RunAsync(state, effect, moves ? _lastMove : Task.CompletedTask, cancel.Token);
                _lastMove = moves ? task : _lastMove;
                _running[effect] = (task, cancel);
            }
        }
    }

    /// <summary>Forgets what has completed, so that it is derived and run again.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            foreach (RolloutEffect done in _running.Where(r => r.Value.Task.IsCompleted).Select(r => r.Key).ToList())
            {
                _running.Remove(done);
            }
        }
    }

    // Keeping stacks, mirroring and judging follow from the state elsewhere; they are no pieces of work that end.
    private static bool NeedsWork(RolloutEffect effect) =>
        effect is not (RolloutEffect.KeepStack or RolloutEffect.Mirror or RolloutEffect.Judge);

    private async Task RunAsync(RolloutState state, RolloutEffect effect, Task before, CancellationToken cancel)
    {
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
        List<(Task Task, CancellationTokenSource Cancel)> all;
        lock (_gate)
        {
            all = [.. _running.Values];
            _running.Clear();
        }

        foreach ((_, CancellationTokenSource cancel) in all)
        {
            await cancel.CancelAsync();
        }

        await Task.WhenAll(all.Select(r => r.Task));
    }
}
