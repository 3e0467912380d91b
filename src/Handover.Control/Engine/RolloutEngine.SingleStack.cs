using System.Collections.Concurrent;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Engine;

/// <summary>
/// The steps of a switch with one stack: what may be closed when, stopping the one before starting the other, and what
/// callers saw of it.
/// </summary>
public sealed partial class RolloutEngine
{
    // Without a request there is no first answer; the measurement does not wait for one for ever.
    private static readonly TimeSpan LongestWaitForAnswer = TimeSpan.FromSeconds(30);

    // Running now, else when it last ran here, else as declared.
    private long? MemoryOf(Release release) =>
        _parts.Runtime.Status(release.Service, release.Name) is { ResidentBytes: > 0 and var bytes }
            ? bytes
            : _keeper.Measured(release.Service, release.Name) ?? release.MemoryBytes;

    private IEnumerable<Problem> OutsideWindow(RolloutPlan plan, Service service)
    {
        // The way back is never barred.
        if (ServiceRollback.Is(plan))
        {
            return [];
        }

        DateTimeOffset now = _time.GetUtcNow();
        IReadOnlyList<string> reasons =
            SingleStack.Is(plan) ? DowntimeCalendar.WhyNotClose(service, now)
            : DowntimeCalendar.WhyFrozen(service, now) is { } frozen ? [frozen]
            : [];
        return reasons.Select(r => new Problem("outside-window", $"{r}.")
        {
            Fix = "A rollback is possible at any time.",
        });
    }

    // A way back is given the time that a start may take, whatever the service allows for going forward.
    private static TimeSpan DowntimeOf(RolloutPlan plan, Service service) =>
        ServiceRollback.Is(plan) && service.DowntimeAllowed < SingleStack.BackTimeout
            ? SingleStack.BackTimeout
            : service.DowntimeAllowed;

    private RolloutCommand? WhyNotMove(RolloutState state, MoveTarget target)
    {
        if (ServiceRollback.Is(state.Plan) || state.Closed is not null)
        {
            return null;
        }

        Service service = _parts.Catalog().Services[state.Plan.Service];
        DateTimeOffset now = _time.GetUtcNow();
        if (target is MoveTarget.Closed)
        {
            IReadOnlyList<string> reasons = DowntimeCalendar.WhyNotClose(service, now);
            return reasons.Count > 0 ? new RolloutCommand.ClosingRefused(reasons) : null;
        }

        bool planned = target is not MoveTarget.Back && state.WishedShare is null;
        if (planned && PaceCalendar.Waits(state, now) is [var wait, ..] waits)
        {
            if (state.Tracks.Count == 0)
            {
                return new RolloutCommand.MoveFailed(target, wait.Text);
            }

            // Who waits already is not part of this move.
            if (waits.Any(w => state.Tracks.Any(t => t.Segment == w.Segment && t.Moves)))
            {
                return new RolloutCommand.Agreed(waits);
            }
        }

        return DowntimeCalendar.WhyFrozen(service, now) is { } frozen
            ? new RolloutCommand.MoveFailed(target, frozen)
            : null;
    }

    // Which stacks may stop, by service: the rollout and the closing for which the routing was seen to be closed.
    private readonly ConcurrentDictionary<string, (string Rollout, string Release, DateTimeOffset Closed)> _letGo = new(
        StringComparer.Ordinal
    );

    // A move that was given up may commit all the same, and opens the service on what is to stop: until the routing was
    // closed after it, what runs is kept. What does not run is not started for that.
    private bool StillMayOpen(RolloutState state, RolloutEffect.StopStack stop) =>
        _parts.Runtime.Status(state.Plan.Service, stop.Release) is not null
        && !(
            _letGo.TryGetValue(state.Plan.Service, out (string, string, DateTimeOffset) gone)
            && gone == (state.Id, stop.Release, state.Closed!.At)
        );

    // There is one stack: what an earlier rollout left drains first, while the service is still open. The way back
    // waits for nobody.
    private async Task<string?> LeftoverAsync(RolloutState state, CancellationToken cancel)
    {
        if (state is not { Closed: null, RollbackReason: null } || ServiceRollback.Is(state.Plan))
        {
            return null;
        }

        DateTimeOffset deadline = _time.GetUtcNow() + LongestWaitForStack;
        string? left;
        while ((left = _keeper.Draining(state.Plan.Service)) is not null && _time.GetUtcNow() < deadline)
        {
            await Task.Delay(Poll, _time, cancel);
        }

        return left is null
            ? null
            : $"{left} of an earlier rollout still has requests to answer, and there is one stack";
    }

    // The routing is closed before anything stops, also when a move that was given up committed after all.
    private async Task<RolloutCommand?> StopStackAsync(
        RolloutState state,
        RolloutEffect.StopStack effect,
        CancellationToken cancel
    )
    {
        string service = state.Plan.Service;
        Core.Traffic.Routing closed = new MoveTarget.Closed(effect.Serving).RoutingFor(state);
        var settings = new MoveSettings
        {
            Drain = DrainMode.Dispatch,
            Hold = Effects.DefaultHold,
            Reason = $"{state.Id}: {effect.Release} stops",
            Tries = int.MaxValue,
        };
        Result<MoveCommitted> moved = await _parts.Moves.MoveAsync(service, _ => closed, settings, cancel);
        if (!moved.Ok)
        {
            throw new InvalidOperationException(string.Join("; ", moved.Problems));
        }

        Know(moved.Value.Row);
        _letGo[service] = (state.Id, effect.Release, state.Closed!.At);
        Refresh();
        while (!_keeper.Gone(service, effect.Release))
        {
            await Task.Delay(Poll, _time, cancel);
        }

        return new RolloutCommand.StackStopped(effect.Release);
    }

    private async Task<RolloutCommand?> MeasureStableAsync(
        RolloutState state,
        RolloutEffect.MeasureStable effect,
        CancellationToken cancel
    )
    {
        while (!await ReadyAsync(state.Plan.Service, effect.Release, cancel))
        {
            cancel.ThrowIfCancellationRequested();
        }

        Service service = _parts.Catalog().Services[state.Plan.Service];
        return new RolloutCommand.StableMeasured(
            await _parts.Warmer.MeasureStableAsync(JobOf(state, service, state.Plan.To, effect.Requests), cancel)
        );
    }

    private async Task<RolloutCommand?> MeasureInterruptionAsync(
        RolloutState state,
        RolloutEffect.MeasureInterruption effect,
        CancellationToken cancel
    )
    {
        TimeSpan closed = effect.OpenedAt - effect.ClosedAt;
        long began = _time.GetTimestamp();
        while (true)
        {
            GatewayClosing? seen = _parts.Gateway.Status(state.Plan.Service)?.Closing;
            if (seen is null)
            {
                // The gateway began after the service was open again; the events alone say how long it was closed.
                return Measured(new SeenInterruption(closed, 0, 0, closed) { Whole = false });
            }

            bool late = _time.GetElapsedTime(began) > LongestWaitForAnswer;
            if (seen is { Opened: true, FirstWaitedAt: null } or { Opened: true, FirstAnsweredAt: not null } || late)
            {
                return Measured(Interruption(seen, effect));
            }

            await Task.Delay(Poll, _time, cancel);
        }
    }

    private static SeenInterruption Interruption(GatewayClosing seen, RolloutEffect.MeasureInterruption effect)
    {
        DateTimeOffset end = seen.FirstAnsweredAt ?? effect.OpenedAt;
        DateTimeOffset? begin = seen.Whole ? seen.FirstWaitedAt : effect.ClosedAt;
        TimeSpan length = begin is { } from && end > from ? end - from : TimeSpan.Zero;
        return new SeenInterruption(length, seen.Held, seen.Refused, effect.OpenedAt - effect.ClosedAt)
        {
            Whole = seen.Whole,
        };
    }

    private static RolloutCommand.InterruptionMeasured Measured(SeenInterruption interruption) => new(interruption);
}
