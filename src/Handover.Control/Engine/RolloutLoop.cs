using System.Threading.Channels;
using Handover.Control.Evidence;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// The thread of control of one rollout, and the only writer of its state: decide, persist, then act. What it does
/// besides is derived from the state by <see cref="Effects"/>, so that a restart goes on with the same work.
/// </summary>
internal sealed class RolloutLoop : IAsyncDisposable
{
    private static readonly TimeSpan TickPeriod = TimeSpan.FromMilliseconds(100);

    // A store that is away is not asked for the same work at every tick.
    private const int TicksUntilAgain = 10;

    private readonly RolloutStore _store;
    private readonly IRolloutShell _shell;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Work> _inbox = Channel.CreateBounded<Work>(1024);
    private readonly CancellationTokenSource _stop = new();
    private readonly EffectRunner _effects;
    private readonly Lock _gate = new();
    private readonly List<RolloutEvent> _events;
    private Task? _loop;
    private RolloutState _state;
    private volatile Verdict? _reading;
    private volatile int _again;

    public RolloutLoop(
        IReadOnlyList<RolloutEvent> events,
        RolloutStore store,
        IRolloutShell shell,
        TimeProvider time,
        ILogger log
    )
    {
        _events = [.. events];
        _state = events.Aggregate((RolloutState?)null, Evolver.Evolve)!;
        _store = store;
        _shell = shell;
        _time = time;
        _log = log;
        _effects = new EffectRunner(shell, time, log, command => Post(command));
    }

    /// <summary>The folded state.</summary>
    public RolloutState State => Volatile.Read(ref _state);

    /// <summary>The newest reading of the gates, newer than the verdict in the state; null before the first.</summary>
    public Verdict? Reading => _reading;

    /// <summary>What happened, oldest first.</summary>
    public IReadOnlyList<RolloutEvent> Events
    {
        get
        {
            lock (_gate)
            {
                return [.. _events];
            }
        }
    }

    /// <summary>
    /// Whether nothing is left to do: it has ended, no old release is kept for it and no interruption is left to
    /// measure.
    /// </summary>
    private bool Finished => State is { Open: false, KeepOldUntil: null, Reopened: null };

    /// <summary>Begins (or goes on) with the work.</summary>
    public void Start() => _loop = LoopAsync();

    /// <summary>Gives the rollout a command and waits until what follows from it is persisted.</summary>
    public async Task<Result<RolloutState>> AskAsync(RolloutCommand command, CancellationToken cancel)
    {
        var work = new Work(
            command,
            new TaskCompletionSource<Result<RolloutState>>(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        try
        {
            await _inbox.Writer.WriteAsync(work, cancel);
        }
        catch (ChannelClosedException)
        {
            // No loop runs for it any more; its last state answers, and never with an event.
            Result<IReadOnlyList<RolloutEvent>> decided = Decider.Decide(State, command, _time.GetUtcNow());
            return decided.Ok ? State : Result<RolloutState>.Failed(decided.Problems);
        }

        return await work.Done!.Task.WaitAsync(cancel);
    }

    private void Post(RolloutCommand command)
    {
        if (!_inbox.Writer.TryWrite(new Work(command, Done: null)))
        {
            // Nothing is lost: the effect is derived again from the state and answers again.
            _log.LogWarning("{Rollout}: inbox full, {Command} is derived again", State.Id, command.GetType().Name);
            DoAgain();
        }
    }

    // An answer was lost: what gave it is still wanted, and no event may ever come that would have it run again.
    private void DoAgain()
    {
        _effects.Forget();
        _again = TicksUntilAgain;
    }

    private void RunAgain()
    {
        if (_again > 0 && --_again == 0)
        {
            _effects.Reconcile(State);
        }
    }

    private async Task LoopAsync()
    {
        await Task.Yield();
        _effects.Reconcile(State);

        // Not only at the first tick of the timer: an undo is waited for by callers who meet the release that is sick.
        Post(new RolloutCommand.Tick());
        using var timer = new PeriodicTimer(TickPeriod, _time);
        Task<bool> ticked = timer.WaitForNextTickAsync(_stop.Token).AsTask();
        Task<bool> asked = _inbox.Reader.WaitToReadAsync(_stop.Token).AsTask();
        while (!_stop.IsCancellationRequested && !Finished)
        {
            try
            {
                await Task.WhenAny(ticked, asked);
                if (ticked.IsCompleted)
                {
                    ticked = timer.WaitForNextTickAsync(_stop.Token).AsTask();
                    RunAgain();
                    Handle(new Work(new RolloutCommand.Tick(), Done: null));
                    if (_shell.CandidateDown(State, _time.GetUtcNow()) is { } trouble)
                    {
                        Handle(new Work(new RolloutCommand.StackFailed(trouble), Done: null));
                    }

                    ObeySwitch();
                    HearOthers();
                    Judge();
                }

                if (asked.IsCompleted)
                {
                    while (_inbox.Reader.TryRead(out Work? work))
                    {
                        Handle(work);
                    }

                    asked = _inbox.Reader.WaitToReadAsync(_stop.Token).AsTask();
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The top of a loop: an error here must not end the rollout's only writer.
                _log.LogError(e, "{Rollout}: the step failed and is tried again", State.Id);
                DoAgain();
            }
        }

        _inbox.Writer.TryComplete();
        while (_inbox.Reader.TryRead(out Work? late))
        {
            Handle(late);
        }
    }

    // The gateways obey the switch already; here routing follows, by a move as always. Asked again while it is not
    // recorded, so a store that is away only delays it.
    private void ObeySwitch()
    {
        if (_shell.SwitchedOff(State) is { } off)
        {
            string reason = $"switched off by {off.By}{(off.Reason.Length > 0 ? $": {off.Reason}" : "")}";
            Handle(new Work(new RolloutCommand.Rollback(reason, off.By), Done: null));
        }
    }

    private void HearOthers()
    {
        if (_shell.Agreement(State) is { } found)
        {
            Handle(new Work(new RolloutCommand.Agreed(found), Done: null));
        }
    }

    private void Judge()
    {
        if (!Effects.Of(State).OfType<RolloutEffect.Judge>().Any())
        {
            return;
        }

        IReadOnlyList<Reading> readings = _shell.Judge(State, _time.GetUtcNow());
        foreach ((string segment, Verdict harm) in _shell.Harmed(State))
        {
            Handle(new Work(new RolloutCommand.SegmentHarmed(segment, harm), Done: null));
        }

        foreach ((string? segment, Verdict verdict) in readings)
        {
            _reading = verdict;
            Handle(new Work(new RolloutCommand.Judged(verdict) { Segment = segment }, Done: null));
        }
    }

    private void Handle(Work work)
    {
        try
        {
            Result<IReadOnlyList<RolloutEvent>> decided = Decider.Decide(State, work.Command, _time.GetUtcNow());
            if (decided.Ok && decided.Value.Count > 0)
            {
                Persist(decided.Value);
            }

            work.Done?.TrySetResult(decided.Ok ? State : Result<RolloutState>.Failed(decided.Problems));
        }
        catch (StoreException e)
        {
            work.Done?.TrySetResult(e.Problem);
            _log.LogError(e, "{Rollout}: not persisted, so not done", State.Id);
            DoAgain();
        }
    }

    private void Persist(IReadOnlyList<RolloutEvent> events)
    {
        bool wish = events.Any(e => e is RolloutEvent.RollbackDecided);
        Failpoint.Pass(wish ? Failpoint.WishBefore : Failpoint.RolloutBeforeAppend);
        RolloutState next = events.Aggregate(State, Evolver.Evolve);
        _store.Append(State.Id, State.Version, events, _shell.ToTell(next, events));
        Failpoint.Pass(wish ? Failpoint.WishAfter : Failpoint.RolloutAfterAppend);
        if (events.Any(e => e is RolloutEvent.OldStopped))
        {
            Failpoint.Pass(Failpoint.RetireAfter);
        }

        lock (_gate)
        {
            _events.AddRange(events);
        }

        Volatile.Write(ref _state, next);
        foreach (RolloutEvent e in events)
        {
            _log.LogInformation("{Rollout}: {Text}", next.Id, e.Text);
        }

        _shell.Changed(next, events);
        _effects.Reconcile(next);
        Failpoint.Pass(Failpoint.RolloutActed);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_loop is not null)
        {
            await _loop;
        }

        await _effects.DisposeAsync();
        _stop.Dispose();
    }

    private sealed record Work(RolloutCommand Command, TaskCompletionSource<Result<RolloutState>>? Done);
}
