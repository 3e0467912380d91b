using System.Collections.Concurrent;
using Handover.Control.Evidence;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// All rollouts of the node: one <see cref="RolloutLoop"/> each, and beside them the loop that keeps stacks, mirrors
/// and the gateway's configuration equal to what services and rollouts want. After a restart it folds the stored events
/// and goes on.
/// </summary>
public sealed partial class RolloutEngine : IRolloutOperations, IRolloutShell, IAsyncDisposable
{
    private readonly EngineParts _parts;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly StackKeeper _keeper;
    private readonly ConcurrentDictionary<string, RolloutLoop> _loops = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private Task _refreshing = Task.CompletedTask;

    /// <summary>Makes an engine that does nothing until it is started.</summary>
    public RolloutEngine(EngineParts parts, TimeProvider time, ILogger<RolloutEngine> log)
    {
        _parts = parts;
        _time = time;
        _log = log;
        _keeper = new StackKeeper(parts.Runtime, parts.Gateway.Status, time, log);
        parts.Runtime.Changed += _ => Refresh();
    }

    /// <inheritdoc/>
    public event Action<string>? Changed;

    /// <summary>
    /// Folds what is stored and starts the stacks that follow from it. Returns when every release that routing names is
    /// ready or has failed to start, or after <see cref="LongestPreparation"/>: only then is it time to take requests.
    /// </summary>
    public async Task PrepareToServeAsync(CancellationToken cancel)
    {
        foreach (IReadOnlyList<RolloutEvent> events in _parts.Rollouts.Load())
        {
            Add(events);
        }

        await EnsureRowsAsync(cancel);
        foreach (Service service in _parts.Catalog().Services.Values)
        {
            await RememberAsync(service, cancel);
        }

        _refreshing = RefreshLoopAsync();
        Refresh();
        long start = _time.GetTimestamp();
        while (!ServingStacksBegun() && _time.GetElapsedTime(start) < LongestPreparation)
        {
            await Task.Delay(Poll, _time, cancel);
        }
    }

    /// <summary>
    /// Goes on with the rollouts; after <see cref="PrepareToServeAsync"/>, when the gateway takes requests.
    /// </summary>
    public void Start()
    {
        foreach (RolloutLoop loop in _loops.Values)
        {
            BeginEvidence(loop.State);
            loop.Start();
        }

        _parts.Agreement.Start(() => _loops.Values.Select(l => l.State));
        Refresh();
    }

    /// <inheritdoc/>
    public async Task<Result<RolloutSnapshot>> StartAsync(RolloutPlan plan, string actor, CancellationToken cancel)
    {
        await _starting.WaitAsync(cancel);
        try
        {
            Result<RolloutCommand.Begin> begin = await PrepareAsync(plan, actor, cancel);
            if (!begin.Ok)
            {
                return Result<RolloutSnapshot>.Failed(begin.Problems);
            }

            IReadOnlyList<RolloutEvent> events = Decider.Decide(null, begin.Value, _time.GetUtcNow()).Value;
            try
            {
                _parts.Rollouts.Append(begin.Value.Id, 0, events);
                Failpoint.Pass(Failpoint.RolloutStarted);
            }
            catch (StoreException e)
            {
                return e.Problem;
            }

            RolloutLoop loop = Add(events);
            BeginEvidence(loop.State);
            await LearnAsync(loop.State, cancel);
            loop.Start();
            Refresh();
            Changed?.Invoke(loop.State.Id);
            return Snapshot(loop);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<RolloutSnapshot> List(string? service) => [.. Newest(service).Select(n => Snapshot(n.Loop))];

    /// <inheritdoc/>
    public IReadOnlyList<RolloutState> States(string? service) => [.. Newest(service).Select(n => n.State)];

    // Each state is read once, so that the order holds while loops go on.
    private IEnumerable<(RolloutLoop Loop, RolloutState State)> Newest(string? service) =>
        _loops
            .Values.Select(l => (Loop: l, l.State))
            .Where(n => service is null || n.State.Plan.Service == service)
            .OrderByDescending(n => n.State.StartedAt)
            .ThenByDescending(n => n.State.Id, StringComparer.Ordinal);

    /// <inheritdoc/>
    public RolloutSnapshot? Find(string idOrName)
    {
        if (_loops.TryGetValue(idOrName, out RolloutLoop? loop))
        {
            return Snapshot(loop);
        }

        RolloutLoop? newest = _loops.Values.Where(l => l.State.Plan.Name == idOrName).MaxBy(l => RunOf(l.State.Id));
        return newest is null ? null : Snapshot(newest);
    }

    /// <inheritdoc/>
    public async Task<Result<RolloutSnapshot>> CommandAsync(
        string id,
        UserCommand command,
        string actor,
        CancellationToken cancel
    )
    {
        if (Find(id) is not { } found || !_loops.TryGetValue(found.State.Id, out RolloutLoop? loop))
        {
            return new Problem("unknown-rollout", $"there is no rollout '{id}'.")
            {
                Fix = "See 'handover rollout list'.",
            };
        }

        if (command is UserCommand.Retry && found.State.Status is RolloutStatus.Failed or RolloutStatus.Refused)
        {
            return await StartAsync(found.State.Plan, actor, cancel);
        }

        Result<RolloutState> done = await loop.AskAsync(CommandOf(command, actor), cancel);
        return done.Ok ? Snapshot(loop) : Result<RolloutSnapshot>.Failed(done.Problems);
    }

    /// <inheritdoc/>
    public async Task<Result<RolloutSnapshot>> RollbackServiceAsync(
        string service,
        string actor,
        CancellationToken cancel
    )
    {
        if (!_parts.Catalog().Services.ContainsKey(service))
        {
            return new Problem("unknown-service", $"there is no service '{service}'.");
        }

        RolloutLoop? open = _loops.Values.FirstOrDefault(l => l.State.Open && l.State.Plan.Service == service);
        if (open is not null && ServiceRollback.Is(open.State.Plan))
        {
            // Somebody was faster: the service is on its way back already, and taking that back would undo the undo.
            return await DoneAsync(open, s => !s.Open || s.Epoch > 0, cancel);
        }

        if (open is not null)
        {
            Result<RolloutState> asked = await open.AskAsync(
                new RolloutCommand.Rollback($"rolled back by {actor}", actor),
                cancel
            );
            return asked.Ok
                ? await DoneAsync(open, s => !s.Open, cancel)
                : Result<RolloutSnapshot>.Failed(asked.Problems);
        }

        Result<RolloutState> last = ServiceRollback.Undoes(
            service,
            [.. _loops.Values.Select(l => l.State)],
            _time.GetUtcNow()
        );
        if (!last.Ok)
        {
            return Result<RolloutSnapshot>.Failed(last.Problems);
        }

        Result<RolloutSnapshot> undo = await StartAsync(ServiceRollback.PlanOf(last.Value), actor, cancel);
        return undo.Ok ? await DoneAsync(_loops[undo.Value.State.Id], s => !s.Open || s.Epoch > 0, cancel) : undo;
    }

    private static RolloutCommand CommandOf(UserCommand command, string actor) =>
        command switch
        {
            UserCommand.Promote p => new RolloutCommand.Promote(p.Full, actor) { Segment = p.Segment },
            UserCommand.SetShare s => new RolloutCommand.SetShare(s.Share, actor),
            UserCommand.Pause p => new RolloutCommand.Pause(actor) { Segment = p.Segment },
            UserCommand.Resume r => new RolloutCommand.Resume(actor) { Segment = r.Segment },
            UserCommand.Approve => new RolloutCommand.Approve(actor),
            UserCommand.Rollback r => new RolloutCommand.Rollback(r.Reason, actor),
            UserCommand.TakeBack t => new RolloutCommand.TakeBack(t.Segment, t.Reason, actor),
            UserCommand.Readmit r => new RolloutCommand.Readmit(r.Segment, actor),
            UserCommand.Retry => new RolloutCommand.Retry(actor),
            _ => Invariant.Unreachable<RolloutCommand>($"no command for {command.GetType().Name}"),
        };

    private async Task<Result<RolloutSnapshot>> DoneAsync(
        RolloutLoop loop,
        Func<RolloutState, bool> done,
        CancellationToken cancel
    )
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void OnChanged(string id)
        {
            if (id == loop.State.Id && done(loop.State))
            {
                reached.TrySetResult();
            }
        }

        Changed += OnChanged;
        try
        {
            OnChanged(loop.State.Id);
            await reached.Task.WaitAsync(TimeSpan.FromSeconds(60), _time, cancel);
        }
        catch (TimeoutException)
        {
            // It goes on by itself; the caller sees in the snapshot how far it is.
        }
        finally
        {
            Changed -= OnChanged;
        }

        return Snapshot(loop);
    }

    private RolloutLoop Add(IReadOnlyList<RolloutEvent> events)
    {
        var loop = new RolloutLoop(events, _parts.Rollouts, this, _time, _log);
        _loops[loop.State.Id] = loop;
        return loop;
    }

    private RolloutSnapshot Snapshot(RolloutLoop loop)
    {
        RolloutState state = loop.State;
        Verdict? reading = state.Open ? loop.Reading ?? state.Verdict : state.Verdict ?? loop.Reading;
        var events = loop.Events.Select(
            (e, i) =>
                new RolloutHistoryEntry(
                    i + 1,
                    e.At,
                    System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(e.GetType().Name),
                    e.Text,
                    e.Actor
                )
        );
        bool judged =
            state is { Open: true, Status: RolloutStatus.Running, RollbackReason: null } && loop.Reading is not null;
        RolloutState shown = WithWarming(
            state with
            {
                Verdict = reading,
                Reasons = judged ? reading!.Reasons : state.Reasons,
            }
        );
        DateTimeOffset now = _time.GetUtcNow();
        RolloutOutlook outlook = Outlook(state, loop.Events, now);
        return new RolloutSnapshot(shown, [.. events], now + outlook.Gates?.Promote)
        {
            Outlook = outlook,
            Segments = SegmentReading.Of(state, loop.Events, _parts.Evidence.Seen, _parts.Evidence.Alone),
            Readiness = ReadinessOf(state),
        };
    }

    private static int RunOf(string id) => int.TryParse(id[(id.LastIndexOf('.') + 1)..], out int run) ? run : 0;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
        foreach (RolloutLoop loop in _loops.Values)
        {
            await loop.DisposeAsync();
        }

        await _keeper.DisposeAsync();
        _starting.Dispose();
        _stop.Dispose();
    }
}
