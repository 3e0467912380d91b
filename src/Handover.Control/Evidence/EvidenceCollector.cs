using System.Collections.Concurrent;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// Takes every finished exchange and label, and keeps what gates need: the recent past of each service's stable release
/// (thresholds are frozen from it) and the evidence of each open rollout. Called on the request path: a few additions
/// under a lock of the service's own, no I/O.
/// </summary>
public sealed class EvidenceCollector(RolloutStore store, TimeProvider time) : IExchangePort
{
    private const int Recent = 4096;
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SavePeriod = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ServicePast> _past = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Open> _open = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Record(Exchange exchange)
    {
        if (!exchange.Inference || exchange.Outcome is ExchangeOutcome.ClientGone or ExchangeOutcome.Refused)
        {
            return;
        }

        if (exchange.Purpose is Purpose.Live)
        {
            double ms =
                exchange.Outcome is ExchangeOutcome.Timeout
                    ? double.PositiveInfinity
                    : exchange.Latency.TotalMilliseconds;
            Past(exchange.Service).Latency(exchange.Release, ms, exchange.At);
        }

        if (exchange.Purpose is Purpose.Live or Purpose.Shadow && _open.TryGetValue(exchange.Service, out Open? open))
        {
            open.Evidence.Observe(exchange);
        }
    }

    /// <summary>Takes a label that was joined to an answer.</summary>
    public void Record(Labels.LabelledExchange label)
    {
        if (label.Purpose is Purpose.Live)
        {
            Past(label.Service).Loss(label.Release, label.Loss);
        }

        if (_open.TryGetValue(label.Service, out Open? open))
        {
            open.Evidence.Observe(label);
        }
    }

    /// <summary>Begins (or goes on, after a restart) to gather for a rollout.</summary>
    public void Begin(RolloutState state, Service service)
    {
        var evidence = new RolloutEvidence(state, service, store.LoadEvidence(state.Id));
        Past(service.Name).Freeze(state.From, evidence);
        _open[service.Name] = new Open(state.Id, evidence);
    }

    /// <summary>Stops gathering.</summary>
    public void End(string service) => _open.TryRemove(service, out _);

    /// <summary>Asks the gates, at most once a second; null when it is not time yet.</summary>
    public Verdict? Judge(RolloutState state, DateTimeOffset now)
    {
        if (
            !_open.TryGetValue(state.Plan.Service, out Open? open)
            || open.Id != state.Id
            || now - open.LookedAt < LookPeriod
        )
        {
            return null;
        }

        open.LookedAt = now;
        Past(state.Plan.Service).Freeze(state.From, open.Evidence);
        Verdict verdict = open.Evidence.Judge(state, now);
        if (now - open.SavedAt >= SavePeriod || verdict.Outcome != Outcome.Hold)
        {
            open.SavedAt = now;
            store.SaveEvidence(state.Id, open.Evidence.Save());
        }

        if (open.Last?.Outcome != verdict.Outcome)
        {
            store.AppendVerdict(state.Id, now, verdict);
        }

        open.Last = verdict;
        return verdict;
    }

    /// <summary>Counts of the open rollout of a service; empty when there is none.</summary>
    public IReadOnlyList<GateCounts> Counts(string service) =>
        _open.TryGetValue(service, out Open? open) ? open.Evidence.Counts : [];

    /// <summary>99th percentile of a release's recent latency in milliseconds; null when it has not answered.</summary>
    public double? P99(string service, string release) => Past(service).LatencyQuantile(release, 0.99);

    /// <summary>Live inference requests per second over the last seconds.</summary>
    public double RequestsPerSecond(string service) => Past(service).Rate(time.GetUtcNow());

    /// <summary>Fills the past of a stable release from the journal after a restart.</summary>
    public void Remember(IEnumerable<Exchange> exchanges)
    {
        foreach (
            Exchange exchange in exchanges.Where(e =>
                e is { Inference: true, Purpose: Purpose.Live, Outcome: ExchangeOutcome.Ok }
            )
        )
        {
            Past(exchange.Service).Latency(exchange.Release, exchange.Latency.TotalMilliseconds, exchange.At);
        }
    }

    private ServicePast Past(string service) => _past.GetOrAdd(service, _ => new ServicePast(Recent));

    private sealed class Open(string id, RolloutEvidence evidence)
    {
        public string Id => id;
        public RolloutEvidence Evidence => evidence;
        public DateTimeOffset LookedAt;
        public DateTimeOffset SavedAt;
        public Verdict? Last;
    }
}
