using System.Threading.Channels;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// Carries out one <see cref="MoveMachine"/>: its store statements with a time limit, its messages, its one timer. All
/// inputs pass one queue, so the machine is never entered twice at once.
/// </summary>
internal sealed class MoveAttempt : IDisposable
{
    // Bounds what late or repeated answers of gateways can pile up; more than this many are resent ones.
    private const int QueueLimit = 4096;

    private readonly IEpochStorePort _store;
    private readonly GatewayRegistry _gateways;
    private readonly TimeProvider _time;
    private readonly TimeSpan _storeTimeout;
    private readonly MoveSettings _settings;
    private readonly long _origin;
    private readonly ITimer _timer;
    private readonly Channel<MoveInput> _inputs = Channel.CreateBounded<MoveInput>(
        new BoundedChannelOptions(QueueLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }
    );

    private MoveMachineState _state;
    private MoveOutcome? _outcome;

    public MoveAttempt(
        string service,
        IEpochStorePort store,
        GatewayRegistry gateways,
        TimeProvider time,
        TimeSpan storeTimeout,
        MoveSettings settings
    )
    {
        _store = store;
        _gateways = gateways;
        _time = time;
        _storeTimeout = storeTimeout;
        _settings = settings;
        _state = new MoveMachineState(service);
        _origin = time.GetTimestamp();
        _timer = time.CreateTimer(
            _ => _inputs.Writer.TryWrite(new MoveInput.Tick()),
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan
        );
        gateways.Replied += OnReplied;
    }

    /// <summary>The number of the attempt that was (or may have been) opened; 0 before the start.</summary>
    public long Attempt => _state.Before is null ? 0 : _state.Attempt;

    /// <summary>The last trouble with the store; null when there was none.</summary>
    public Problem? StoreTrouble { get; private set; }

    /// <summary>Makes the try and returns how it ended.</summary>
    public async Task<MoveOutcome> RunAsync(EpochRow row, Routing target, CancellationToken cancel)
    {
        await StepAsync(new MoveInput.Start(row, target, _settings.Drain, _settings.Hold));
        while (_outcome is null)
        {
            await StepAsync(await _inputs.Reader.ReadAsync(cancel));
        }

        return _outcome;
    }

    public void Dispose()
    {
        _gateways.Replied -= OnReplied;
        _timer.Dispose();
    }

    private void OnReplied(GatewayReply reply)
    {
        if (reply is GatewayReply.Held held && string.Equals(held.Service, _state.Service, StringComparison.Ordinal))
        {
            _inputs.Writer.TryWrite(new MoveInput.HeldReceived(held));
        }
    }

    // Only differences of this clock are used, so it must not jump with the wall's.
    private DateTimeOffset Now() => DateTimeOffset.UnixEpoch + _time.GetElapsedTime(_origin);

    private async Task StepAsync(MoveInput input)
    {
        var inputs = new Queue<MoveInput>([input]);
        while (inputs.TryDequeue(out MoveInput? next))
        {
            if (next is MoveInput.HeldReceived)
            {
                Failpoint.Pass(Failpoint.HeldArrived);
            }

            (_state, IReadOnlyList<MoveEffect> effects) = MoveMachine.Step(_state, next, Now());
            foreach (MoveEffect effect in effects)
            {
                if (await CarryOutAsync(effect) is { } answer)
                {
                    inputs.Enqueue(answer);
                }
            }
        }
    }

    private async Task<MoveInput?> CarryOutAsync(MoveEffect effect)
    {
        string service = _state.Service;
        string actor = _settings.Actor;
        switch (effect)
        {
            case MoveEffect.StoreBegin begin:
                return await AskAsync(
                    MoveStoreOp.Begin,
                    c => _store.BeginAsync(service, begin.Epoch, begin.Attempt, begin.Target, begin.Hold, actor, c)
                );
            case MoveEffect.StoreCommit commit:
                return await AskAsync(MoveStoreOp.Commit, c => _store.CommitAsync(service, commit.Attempt, actor, c));
            case MoveEffect.StoreAbort abort:
                return await AskAsync(
                    MoveStoreOp.Abort,
                    c => _store.AbortAsync(service, abort.Attempt, actor, abort.Reason, c)
                );
            case MoveEffect.StoreResolve resolve:
                return await AskAsync(
                    MoveStoreOp.Resolve,
                    c => _store.ResolveAsync(service, resolve.Attempt, actor, c)
                );
            case MoveEffect.Send send:
                _gateways.Find(send.Gateway)?.Deliver(send.Message);
                Failpoint.Pass(Sent(send.Message));
                return null;
            case MoveEffect.WakeAt wake:
                // Timers count whole milliseconds; one that fires early only asks for another.
                double due = Math.Ceiling((wake.Time - Now()).TotalMilliseconds);
                _timer.Change(TimeSpan.FromMilliseconds(Math.Max(0, due)), Timeout.InfiniteTimeSpan);
                return null;
            case MoveEffect.Done done:
                _outcome = done.Outcome;
                Failpoint.Pass(Failpoint.MoveDone);
                return null;
            default:
                return Invariant.Unreachable<MoveInput?>($"unknown effect {effect}");
        }
    }

    // A statement is not given up half way because its caller lost interest: its outcome must be learnt or be unknown.
    private async Task<MoveInput> AskAsync(MoveStoreOp op, Func<CancellationToken, Task<EpochReply>> statement)
    {
        try
        {
            Failpoint.Pass(Before(op));
            EpochReply reply = await statement(CancellationToken.None).WaitAsync(_storeTimeout, _time);
            Failpoint.Pass(After(op));
            return new MoveInput.StoreAnswered(op, reply);
        }
        catch (TimeoutException)
        {
            StoreTrouble = new Problem(
                "store-slow",
                $"the epoch store did not answer a {op} of '{_state.Service}' "
                    + $"in {_storeTimeout.TotalMilliseconds:0} ms."
            );
        }
        catch (StoreException e)
        {
            StoreTrouble = e.Problem;
        }

        return new MoveInput.StoreAnswered(op, null);
    }

    private static string Sent(MoveMessage message) =>
        message switch
        {
            MoveMessage.Hold => Failpoint.HoldSent,
            MoveMessage.Commit => Failpoint.CommitSent,
            _ => Failpoint.AbortSent,
        };

    private static string Before(MoveStoreOp op) =>
        op switch
        {
            MoveStoreOp.Begin => Failpoint.BeginBefore,
            MoveStoreOp.Commit => Failpoint.CommitBefore,
            MoveStoreOp.Abort => Failpoint.AbortBefore,
            _ => Failpoint.ResolveBefore,
        };

    private static string After(MoveStoreOp op) =>
        op switch
        {
            MoveStoreOp.Begin => Failpoint.BeginAfter,
            MoveStoreOp.Commit => Failpoint.CommitAfter,
            MoveStoreOp.Abort => Failpoint.AbortAfter,
            _ => Failpoint.ResolveAfter,
        };
}
