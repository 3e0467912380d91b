using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Labels;

/// <summary>
/// Takes values of metrics that Handover cannot measure itself (refunds, complaints, a review) for a rollout that
/// declares them. They are labels with a name: late, repeated, unknown and contradicting ones are treated alike.
/// </summary>
/// <param name="joiner">Joins them to answers.</param>
/// <param name="rolloutOf">A rollout by id or name; null when there is none.</param>
/// <param name="serviceOf">The declaration of a service; null when there is none.</param>
/// <param name="epochs">Which routing was in force at an epoch.</param>
public sealed class PushedMetrics(
    LabelJoiner joiner,
    Func<string, RolloutState?> rolloutOf,
    Func<string, Service?> serviceOf,
    Func<string, CancellationToken, Task<IReadOnlyList<EpochHistory>>> epochs
)
{
    /// <summary>Takes NDJSON lines; a wrong line does not stop the others.</summary>
    public async Task<Result<LabelReceipt>> PushAsync(string rollout, Stream lines, CancellationToken cancel)
    {
        if (rolloutOf(rollout) is not { } state || serviceOf(state.Plan.Service) is not { } service)
        {
            return new Problem("not-found", $"there is no rollout '{rollout}'.");
        }

        if (!state.Open)
        {
            return new Problem("conflict", $"{state.Id} has ended; its gates take no more values.");
        }

        if (!state.Plan.Gates.Metrics.Any(m => m.Pushed))
        {
            return new Problem("no-metrics", $"{state.Id} declares no pushed metric.")
            {
                Fix = "Declare one in spec.gates.metrics with source: pushed, before the rollout starts.",
            };
        }

        IReadOnlyList<EpochHistory> history = await epochs(service.Name, cancel);
        var routings = new Dictionary<long, EpochHistory>();
        foreach (EpochHistory entry in history.Where(h => h.Action is "commit"))
        {
            routings[entry.Epoch] = entry;
        }

        return await joiner.PushAsync(service, lines, line => Read(line, state, routings), cancel);
    }

    private static Result<PushedLabel> Read(string text, RolloutState state, Dictionary<long, EpochHistory> routings)
    {
        Result<MetricLine> read = MetricLine.Read(text);
        if (!read.Ok)
        {
            return Result<PushedLabel>.Failed(read.Problems);
        }

        MetricLine line = read.Value;
        MetricGate? gate = state.Plan.Gates.Metrics.FirstOrDefault(m => m.Pushed && m.Name == line.Name);
        if (gate is null)
        {
            return Bad($"{state.Id} declares no pushed metric '{line.Name}'.");
        }

        bool number = line.Truth is not ("true" or "false");
        if (number && gate.Above is null)
        {
            return Bad($"{line.Name} declares no threshold (above); push bad instead of value.");
        }

        if (line.RequestId is { } id)
        {
            return new PushedLabel(new LabelLine(id, line.Truth, line.At) { Metric = line.Name }, null);
        }

        return OfEntity(line, state, routings);
    }

    /// <summary>
    /// Without a request the draw is done again: whoever names a release must name the one that served.
    /// </summary>
    private static Result<PushedLabel> OfEntity(
        MetricLine line,
        RolloutState state,
        Dictionary<long, EpochHistory> routings
    )
    {
        long epoch = line.Epoch!.Value;
        if (!routings.TryGetValue(epoch, out EpochHistory? at) || at.At < state.StartedAt)
        {
            return Bad($"epoch {epoch} does not belong to {state.Id}.");
        }

        if (at.Routing.Segments.Count > 0)
        {
            return Bad($"at epoch {epoch} segments had shares of their own; name the request instead.");
        }

        Assigned served = Assignment.Assign(at.Routing, line.Entity);
        if (served.Release != line.Release)
        {
            return Bad($"{line.Entity} was served by {served.Release} at epoch {epoch}, not by {line.Release}.");
        }

        string id = $"entity {epoch} {line.Entity}";
        var known = new LabelledExchange(
            state.Plan.Service,
            id,
            line.Entity,
            served.Release,
            Purpose.Live,
            served.CandidateShare,
            at.At,
            double.NaN,
            double.NaN,
            LabelComparison.ValueOf(line.Truth),
            Wrong: false
        )
        {
            Metric = line.Name,
        };
        return new PushedLabel(new LabelLine(id, line.Truth, line.At) { Metric = line.Name }, known);
    }

    private static Problem Bad(string message) => new("bad-metric", message);
}
