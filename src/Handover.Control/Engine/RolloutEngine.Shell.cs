using System.Collections.Concurrent;
using Handover.Control.Evidence;
using Handover.Control.Notify;
using Handover.Control.Stores;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>
/// What effects do to the world. Each is safe to repeat, and answers with the command that tells how it went.
/// </summary>
public sealed partial class RolloutEngine
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    // What goes back protects callers: one silent moment of a gateway must not cost a second.
    private static readonly TimeSpan FirstPauseBack = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // A process that crashes once is back within this time. While the candidate serves somebody, waiting costs answers.
    private static readonly TimeSpan LongestDownServing = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestDownIdle = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestWaitForStack = TimeSpan.FromSeconds(10);

    // A model that loads for longer answers 503 meanwhile; other services of the node do not wait for it for ever.
    private static readonly TimeSpan LongestPreparation = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _downSince = new(StringComparer.Ordinal);

    async Task<RolloutCommand?> IRolloutShell.RunAsync(
        RolloutState state,
        RolloutEffect effect,
        CancellationToken cancel
    ) =>
        effect switch
        {
            RolloutEffect.Verify => await VerifyAsync(state, cancel),
            RolloutEffect.AwaitStack wait => await AwaitStackAsync(state, wait, cancel),
            RolloutEffect.Warm warm => await WarmAsync(state, warm, cancel),
            RolloutEffect.Move move => await MoveAsync(state, move, cancel),
            RolloutEffect.ForgetOld forget => await ForgetAsync(forget, cancel),
            RolloutEffect.StopStack stop => await StopStackAsync(state, stop, cancel),
            RolloutEffect.MeasureStable measure => await MeasureStableAsync(state, measure, cancel),
            RolloutEffect.MeasureInterruption over => await MeasureInterruptionAsync(state, over, cancel),
            _ => null,
        };

    IReadOnlyList<Reading> IRolloutShell.Judge(RolloutState state, DateTimeOffset now) =>
        _parts.Evidence.Judge(state, now, Holding);

    IReadOnlyList<(string Segment, Verdict Verdict)> IRolloutShell.Harmed(RolloutState state) =>
        _parts.Evidence.Harmed(state);

    string? IRolloutShell.CandidateDown(RolloutState state, DateTimeOffset now)
    {
        bool watched =
            state is { Open: true, RollbackReason: null }
            && state.Phase is not (Phase.Verify or Phase.Start)
            && !(state is { Phase: Phase.Switch { Stack: StackUse.Single }, PhaseSettled: false });
        StackStatus? status = watched ? _parts.Runtime.Status(state.Plan.Service, state.Plan.To) : null;
        if (!watched || status is { Ready: true })
        {
            _downSince.TryRemove(state.Id, out _);
            return null;
        }

        DateTimeOffset since = _downSince.GetOrAdd(state.Id, now);
        string? trouble = status?.Trouble ?? _keeper.Trouble(state.Plan.Service, state.Plan.To);
        TimeSpan longest = state.Epoch > 0 ? LongestDownServing : LongestDownIdle;
        return now - since >= longest ? trouble ?? $"not ready for {longest.TotalSeconds:0} s" : null;
    }

    KillSwitch? IRolloutShell.SwitchedOff(RolloutState state) =>
        state is { Open: true, RollbackReason: null } && !ServiceRollback.Is(state.Plan)
            ? _parts.Gateway.Status(state.Plan.Service)?.Off
            : null;

    void IRolloutShell.Changed(RolloutState state, IReadOnlyList<RolloutEvent> events)
    {
        if (!state.Open)
        {
            EndEvidence(state);
        }

        _parts.Outbox.Announce();
        Refresh();
        Changed?.Invoke(state.Id);
    }

    IReadOnlyList<Disagreement>? IRolloutShell.Agreement(RolloutState state)
    {
        IReadOnlyList<Disagreement>? around = _parts.Agreement.Latest(state.Id);
        IReadOnlyList<Disagreement> waits = PaceCalendar.Waits(state, _time.GetUtcNow());
        return waits.Count == 0 && !state.OpenTracks.Any(t => t.Waits is not null)
            ? around
            : [.. around ?? [], .. waits];
    }

    IReadOnlyList<NotificationDraft> IRolloutShell.ToTell(RolloutState state, IReadOnlyList<RolloutEvent> events) =>
        RolloutNotifications.Of(_parts.Catalog(), state, events);

    private async Task<RolloutCommand?> VerifyAsync(RolloutState state, CancellationToken cancel)
    {
        IReadOnlyList<string> refusals = await RefusalsAsync(state, cancel);
        return new RolloutCommand.Verified(refusals)
        {
            Awaited = refusals.Count > 0 ? [] : await _parts.Agreement.AskAsync(state, cancel),
        };
    }

    private async Task<IReadOnlyList<string>> RefusalsAsync(RolloutState state, CancellationToken cancel)
    {
        CatalogSnapshot catalog = _parts.Catalog();
        string service = state.Plan.Service;
        var recorded = await new RecordedContracts(_parts.Journal).OfAsync(
            catalog.Services[service],
            catalog.ConsumersOf(service),
            [state.Plan.To],
            cancel
        );
        return _parts.Verifier.Verify(catalog, state, MemoryOf, recorded);
    }

    private void EndEvidence(RolloutState state)
    {
        try
        {
            _parts.Evidence.End(state);
        }
        catch (StoreException e)
        {
            // The rollout has ended; only the last second of what was counted is missing from its record.
            _log.LogError(e, "{Rollout}: the last evidence was not kept", state.Id);
        }
    }

    private async Task<RolloutCommand?> AwaitStackAsync(
        RolloutState state,
        RolloutEffect.AwaitStack effect,
        CancellationToken cancel
    )
    {
        string service = state.Plan.Service;
        await BackOffAsync(effect.Attempt, FirstPause, cancel);

        // A wish from before this rollout may be about to stop the very stack: then it does so first.
        Want();
        DateTimeOffset deadline = _time.GetUtcNow() + effect.Timeout;
        while (_parts.Runtime.Status(service, effect.Release) is not { Ready: true })
        {
            string? trouble =
                _keeper.Trouble(service, effect.Release) ?? _parts.Runtime.Status(service, effect.Release)?.Trouble;
            if (trouble is not null)
            {
                return new RolloutCommand.StackFailed(trouble) { Release = effect.Release };
            }

            if (_time.GetUtcNow() >= deadline)
            {
                return new RolloutCommand.StackFailed($"{effect.Release} was not ready within {effect.Timeout}.")
                {
                    Release = effect.Release,
                };
            }

            await Task.Delay(Poll, _time, cancel);
        }

        CatalogSnapshot catalog = _parts.Catalog();
        Release release = AsFrozen(catalog.Releases[(service, effect.Release)]);
        var artefacts = _parts.Runtime.Status(service, effect.Release)?.Artefacts ?? new Dictionary<string, string>();

        // Somebody else may have started it, to warm it, before it was bound to its files.
        var bound = release.Frozen.Where(f => artefacts.ContainsKey(f.Key));
        return new RolloutCommand.StackReady([
            .. FrozenFiles.Altered(bound, artefacts.GetValueOrDefault).Select(p => p.Message),
            .. await _parts.Verifier.CompareServedAsync(catalog.Services[service], release, cancel),
            .. await _parts.Agreement.CompareVectorsAsync(release, cancel),
        ])
        {
            Release = effect.Release,
            Artefacts = artefacts,
        };
    }

    private async Task<RolloutCommand?> MoveAsync(
        RolloutState state,
        RolloutEffect.Move effect,
        CancellationToken cancel
    )
    {
        string service = state.Plan.Service;
        bool back = state.RollbackReason is not null;
        await BackOffAsync(effect.Attempt, back ? FirstPauseBack : FirstPause, cancel);
        if (!back && WhyNotMove(state, effect.Target) is { } no)
        {
            return no;
        }

        if (await WhyNotYetAsync(state, effect.Target, cancel) is { } notYet)
        {
            return new RolloutCommand.MoveFailed(effect.Target, notYet);
        }

        if (
            !back
            && state.Closed is null
            && await _parts.Agreement.AskAsync(state, cancel) is { Count: > 0 } disagreements
        )
        {
            return new RolloutCommand.Agreed([.. disagreements, .. PaceCalendar.Waits(state, _time.GetUtcNow())]);
        }

        if (back)
        {
            await _parts.Moves.AbortOpenAttemptAsync(service, RolloutEvent.Engine, state.RollbackReason!, cancel);
            Failpoint.Pass(Failpoint.RollbackCleared);
        }

        DrainChoice drain = DrainChoice.Of(effect.Drain, _parts.Evidence.P99(service, state.From), effect.Hold);
        var settings = new MoveSettings
        {
            Drain = drain.Mode,
            Hold = effect.Hold,
            CoolDown = back ? TimeSpan.Zero : effect.Hold,
            Reason = state.RollbackReason ?? $"{state.Id}: {state.Phase.Kind}",
            Tries = 1,
        };
        Result<MoveCommitted> moved = await _parts.Moves.MoveAsync(
            service,
            row => effect.Target.RoutingFor(state, row.Routing),
            settings,
            cancel
        );
        if (moved.Ok)
        {
            Know(moved.Value.Row);
        }

        return Answer(effect.Target, moved, drain);
    }

    private async Task<string?> WhyNotYetAsync(RolloutState state, MoveTarget target, CancellationToken cancel)
    {
        if (target is MoveTarget.Closed)
        {
            return await LeftoverAsync(state, cancel);
        }

        string needed = target is MoveTarget.Back ? state.From : state.Plan.To;
        bool ready = await ReadyAsync(state.Plan.Service, needed, cancel);
        return ready ? null : $"{needed} is not ready to take traffic";
    }

    private static RolloutCommand Answer(MoveTarget target, Result<MoveCommitted> moved, DrainChoice drain) =>
        moved.Ok
            ? new RolloutCommand.MoveCommitted(
                moved.Value.Epoch,
                target.Reached(moved.Value.Row.Routing),
                moved.Value.Held
            )
            {
                Drain = moved.Value.Changed ? drain : null,
            }
            : new RolloutCommand.MoveFailed(target, string.Join("; ", moved.Problems.Select(p => p.Message)));

    private Task BackOffAsync(int failures, TimeSpan first, CancellationToken cancel) =>
        failures == 0
            ? Task.CompletedTask
            : Task.Delay(first * Math.Min(Math.Pow(2, failures - 1), LongestPause / first), _time, cancel);

    private async Task<bool> ReadyAsync(string service, string release, CancellationToken cancel)
    {
        DateTimeOffset deadline = _time.GetUtcNow() + LongestWaitForStack;
        while (_parts.Runtime.Status(service, release) is not { Ready: true })
        {
            if (_time.GetUtcNow() >= deadline)
            {
                return false;
            }

            await Task.Delay(Poll, _time, cancel);
        }

        return true;
    }

    private async Task<RolloutCommand?> ForgetAsync(RolloutEffect.ForgetOld effect, CancellationToken cancel)
    {
        TimeSpan wait = effect.At - _time.GetUtcNow();
        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, cancel);
        }

        Failpoint.Pass(Failpoint.RetireBefore);
        return new RolloutCommand.OldStopped();
    }
}
