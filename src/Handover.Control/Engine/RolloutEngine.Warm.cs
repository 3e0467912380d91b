using System.Collections.Concurrent;
using Handover.Control.Warming;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Engine;

/// <summary>Warming as a phase: the candidate on its way in, and a stopped release on its way back.</summary>
public sealed partial class RolloutEngine
{
    private static readonly TimeSpan LongestWarmBack = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, IReadOnlyList<WarmPoint>> _warming = new(StringComparer.Ordinal);

    private async Task<RolloutCommand?> WarmAsync(
        RolloutState state,
        RolloutEffect.Warm effect,
        CancellationToken cancel
    )
    {
        CatalogSnapshot catalog = _parts.Catalog();
        Service service = catalog.Services[state.Plan.Service];

        // After a restart the stacks start again too, and one that is not there yet must not be refused for it.
        while (
            (effect.StableP95Ms is null && !await ReadyAsync(service.Name, state.From, cancel))
            || !await ReadyAsync(service.Name, effect.Release, cancel)
        )
        {
            cancel.ThrowIfCancellationRequested();
        }

        WarmJob job = JobOf(state, service, effect.Release, effect.Requests) with { StableP95Ms = effect.StableP95Ms };
        try
        {
            if (ServiceRollback.Is(state.Plan))
            {
                return await WarmBackAsync(job, window => Warming(state, window), cancel);
            }

            WarmReport report = await _parts.Warmer.WarmAsync(job, window => Warming(state, window), cancel);
            return new RolloutCommand.Warmed(report.Refusals, report.Summary) { Curve = Curve(report) };
        }
        finally
        {
            _warming.TryRemove(state.Id, out _);
        }
    }

    // For whoever looks meanwhile; what is kept is the whole curve, at the end.
    private void Warming(RolloutState state, WarmWindow window)
    {
        _log.LogInformation("{Rollout}: {Window}", state.Id, window);
        var point = new WarmPoint(window.P95Ms, window.StableP95Ms);
        _warming.AddOrUpdate(state.Id, [point], (_, before) => [.. before, point]);
        Changed?.Invoke(state.Id);
    }

    private RolloutState WithWarming(RolloutState state)
    {
        if (!_warming.TryGetValue(state.Id, out IReadOnlyList<WarmPoint>? curve))
        {
            return state;
        }

        FormattableString now =
            $"warming, window {curve.Count}: p95 {curve[^1].P95Ms:0.0} ms, stable's {curve[^1].StableP95Ms:0.0} ms";
        return state with { WarmCurve = curve, Reasons = [FormattableString.Invariant(now)] };
    }

    // A release that served before and was stopped since is warmed, but never barred: the way back must not wait for
    // traffic to replay or for a curve to be flat.
    private async Task<RolloutCommand> WarmBackAsync(WarmJob job, Action<WarmWindow> progress, CancellationToken cancel)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(LongestWarmBack);
        try
        {
            WarmReport report = await _parts.Warmer.WarmAsync(job, progress, bound.Token);
            string how = report.Refusals.Count == 0 ? report.Summary : $"went on all the same: {report.Refusals[0]}";
            return new RolloutCommand.Warmed([], how) { Curve = Curve(report) };
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new RolloutCommand.Warmed([], $"not warm after {LongestWarmBack.TotalSeconds:0} s; went on");
        }
    }

    private static IReadOnlyList<WarmPoint> Curve(WarmReport report) =>
        [.. report.Windows.Select(w => new WarmPoint(w.P95Ms, w.StableP95Ms))];

    private WarmJob JobOf(RolloutState state, Service service, string release, int requests)
    {
        CatalogSnapshot catalog = _parts.Catalog();
        Signature? emits = AdaptedOutput.Of(catalog.Releases[(service.Name, release)]);
        return new WarmJob(service, state.From, release, requests)
        {
            Declared = emits,
            References = ReferenceCheck.Of(catalog.ConsumersOf(service.Name), emits),
            StableDeclared = AdaptedOutput.Of(catalog.Releases[(service.Name, state.From)]),
            Alpha = state.Plan.Gates.Alpha,
            ErrorLimit = service.Objectives.Errors ?? new Ratio(0.01),
            LatencyMargin =
                state.Plan.Gates.Metrics.FirstOrDefault(m => m.Name == "latency")?.WorseBy ?? new Ratio(0.2),
        };
    }
}
