using System.Collections.Concurrent;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
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
public sealed partial class EvidenceCollector(RolloutStore store, TimeProvider time, Func<CatalogSnapshot> catalog)
    : IExchangePort
{
    /// <summary>How many of the newest latencies and losses of a release are kept.</summary>
    public const int Recent = 4096;
    private static readonly TimeSpan SavePeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepTicks = TimeSpan.FromDays(90);

    private readonly ConcurrentDictionary<string, ServicePast> _past = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, IReadOnlyList<BrokenContract>> _ended = new(StringComparer.Ordinal);
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
            ServicePast past = Past(exchange.Service);
            past.Latency(exchange.Release, ms, exchange.At);
            past.Bad(exchange.Release, "errors", exchange.Outcome is not ExchangeOutcome.Ok);
            past.Bad(exchange.Release, "timeouts", exchange.Outcome is ExchangeOutcome.Timeout);
        }

        if (
            exchange.Purpose is Purpose.Live or Purpose.Shadow or Purpose.Redraw
            && _open.TryGetValue(exchange.Service, out Open? open)
        )
        {
            RolloutEvidence? own = exchange is { Purpose: Purpose.Live, Segment: { } segment }
                ? open.Alone.GetValueOrDefault(segment)
                : null;
            own?.Observe(exchange);
            open.Evidence.Observe(exchange, elsewhere: own is not null);
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
            open.Evidence.Observe(label, time.GetUtcNow());
        }
    }

    /// <summary>Begins (or goes on, after a restart) to gather for a rollout.</summary>
    public void Begin(RolloutState state, Service service)
    {
        store.ForgetTicks(time.GetUtcNow() - KeepTicks);
        Tolerances rules = AnswerRules.Of(catalog(), service, state.From, state.Plan.To, state.Plan.Compare);
        RolloutEvidence evidence = RolloutEvidence.Of(state, service, store, rules);
        Freeze(state, evidence);

        // Whoever was brought in again by a person is judged with everybody from then on.
        var alone = state
            .Plan.Paces.Where(p => p.Alone && !state.Readmitted.Contains(p.Segment!))
            .ToDictionary(p => p.Segment!, p => RolloutEvidence.Of(state, service, store, rules, p.Segment));
        var open = new Open(state.Id, evidence) { Alone = alone };
        foreach (string segment in alone.Keys)
        {
            if (store.Verdicts(RolloutEvidence.KeyOf(state.Id, segment)) is [.., var last])
            {
                open.Verdicts[segment] = last.Verdict;
            }
        }

        _open[service.Name] = open;
    }

    /// <summary>Tells the open rollout of a service what stable answered before it.</summary>
    public void Learn(string service, IEnumerable<Exchange> stable)
    {
        if (_open.TryGetValue(service, out Open? open))
        {
            open.Evidence.Learn(stable);
        }
    }

    /// <summary>Stops gathering; what was gathered last is kept, so that the report has it.</summary>
    public void End(RolloutState state)
    {
        // One that ended long ago still has events, such as that its old release was stopped; by then another rollout
        // of the service may be open.
        if (_open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id)
        {
            _open.TryRemove(state.Plan.Service, out _);
            AskGateways(open);
            foreach ((string key, RolloutEvidence evidence) in open.Books)
            {
                EvidenceSave save = evidence.Save(null);
                store.SaveEvidence(key, save);
                store.ForgetSeen(key);
                evidence.Saved(save);
            }
        }
    }

    /// <summary>Open rollouts whose labels are judged when their answers are old enough.</summary>
    internal IReadOnlyList<(string Service, RolloutEvidence Evidence)> AwaitingLabels =>
        [.. _open.Where(o => o.Value.Evidence.LabelWindow is not null).Select(o => (o.Key, o.Value.Evidence))];

    /// <summary>
    /// Asks the gates, once for each segment that moves independently; empty when it is not time yet. A verdict is on
    /// disk, with the ticks behind it, before it is returned and acted on.
    /// </summary>
    public IReadOnlyList<Reading> Judge(
        RolloutState state,
        DateTimeOffset now,
        Func<RolloutState, DateTimeOffset, IReadOnlyList<string>>? holding = null
    )
    {
        if (
            !_open.TryGetValue(state.Plan.Service, out Open? open)
            || open.Id != state.Id
            || now - open.LookedAt < LookPeriod(now - state.StartedAt)
        )
        {
            return [];
        }

        open.LookedAt = now;
        Freeze(state, open.Evidence);
        AskGateways(open);
        IReadOnlyList<string>? held = holding?.Invoke(state, now);
        IReadOnlyDictionary<string, Verdict> alone = JudgeAlone(open, state, now, held);
        if (state.Tracks.Count == 0)
        {
            return Read(open, state, null, alone, now, held) is { } verdict ? [verdict] : [];
        }

        // Each by its own least time and requests; the evidence is the same.
        return
        [
            .. state.OpenTracks.Select(t => Read(open, state.Along(t), t.Segment, alone, now, held)).OfType<Reading>(),
        ];
    }

    private void Freeze(RolloutState state, RolloutEvidence evidence)
    {
        ServicePast past = Past(state.Plan.Service);
        evidence.Freeze(past.Latencies(state.From), past.Losses(state.From));
    }

    // The verdict of a segment that is judged alone takes the place of everybody's in its own shifts, unless that one
    // says that all must go back; harm in the segment is told by Harmed.
    private Reading? Read(
        Open open,
        RolloutState state,
        string? track,
        IReadOnlyDictionary<string, Verdict> alone,
        DateTimeOffset now,
        IReadOnlyList<string>? held
    )
    {
        VerdictRecord record = open.Evidence.Judge(state, now, held, track);
        Keep(open, state, null, open.Evidence, record);
        Verdict verdict = record.Verdict;
        if (
            verdict.Outcome != Outcome.RollBack
            && state.Phase is Phase.Shift { Segment: { } segment }
            && alone.TryGetValue(segment, out Verdict? own)
        )
        {
            return own.Outcome == Outcome.RollBack ? null : new Reading(track, own);
        }

        return new Reading(track, verdict);
    }

    // Says whether the verdict changed.
    private bool Keep(Open open, RolloutState state, string? segment, RolloutEvidence evidence, VerdictRecord record)
    {
        string book = RolloutEvidence.KeyOf(state.Id, segment);
        var key = (record.Verdict.Outcome, record.Verdict.Culprit);
        bool known = open.Saved.TryGetValue((book, state.PhaseIndex), out var last);
        bool changed = !known || last.Key != key;
        if (changed || record.At - last.At >= SavePeriod)
        {
            EvidenceSave save = evidence.Save(changed ? record : null);
            store.SaveEvidence(book, save);
            evidence.Saved(save);
            open.Saved[(book, state.PhaseIndex)] = (record.At, key);
        }

        return changed;
    }

    /// <summary>
    /// Once a second at first, and more rarely the longer a rollout runs, so that the record of a rollout of any length
    /// stays small: 10,000 looks in the first three hours, 50,000 in a week.
    /// </summary>
    internal static TimeSpan LookPeriod(TimeSpan elapsed) =>
        elapsed < TimeSpan.FromSeconds(10_000) ? TimeSpan.FromSeconds(1) : elapsed / 10_000;

    /// <summary>Counts of the open rollout of a service; empty when there is none.</summary>
    public IReadOnlyList<GateCounts> Counts(string service) =>
        _open.TryGetValue(service, out Open? open) ? open.Evidence.Counts : [];

    /// <summary>Whether a release is the candidate of an open rollout; null when it takes no part in one.</summary>
    internal bool? IsCandidate(string service, string release) =>
        _open.TryGetValue(service, out Open? open) ? open.Evidence.IsCandidate(release) : null;

    /// <summary>Takes the check of one answer against contracts.</summary>
    internal void Checked(Exchange exchange, BrokenContract? broken)
    {
        if (_open.TryGetValue(exchange.Service, out Open? open))
        {
            open.Evidence.Checked(exchange, broken);
        }
    }

    /// <summary>An answer that could not be checked.</summary>
    internal void NotCheckable(Exchange exchange)
    {
        if (_open.TryGetValue(exchange.Service, out Open? open))
        {
            open.Evidence.NotCheckable(exchange.Release);
        }
    }

    /// <summary>The first answers of a rollout that broke a contract while they served; it may have ended.</summary>
    public IReadOnlyList<BrokenContract> Broken(RolloutState state) =>
        _open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id ? open.Evidence.Broken
        : state.Open ? []
        : _ended.GetOrAdd(state.Id, id => RolloutEvidence.BrokenOf(store.LoadEvidence(id)));

    /// <summary>What asking stable twice tells of its noise; null when nothing was asked twice.</summary>
    public NoiseReading? Noise(RolloutState state) =>
        _open.TryGetValue(state.Plan.Service, out Open? open) && open.Id == state.Id ? open.Evidence.Noise
        : state.Open ? null
        : RolloutEvidence.NoiseOf(store.LoadEvidence(state.Id));

    /// <summary>
    /// How the gates of a rollout will go on: from its evidence when it is open, else as if it began now.
    /// </summary>
    public GateForecast Forecast(RolloutState state, Service service, IReadOnlyList<ForecastStep> steps)
    {
        ServicePast past = Past(service.Name);
        double rate = past.Rate(time.GetUtcNow());
        IReadOnlyDictionary<string, Ratio> known = past.BadRates(state.From);
        return _open.TryGetValue(service.Name, out Open? open) && open.Id == state.Id
            ? open.Evidence.Forecast(steps, rate, known)
            : GateForecast.Of(GateBook.Start(RolloutEvidence.SetupOf(state, service)), steps, rate, known);
    }

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

    /// <summary>Fills the losses of a stable release from the labels that were joined before a restart.</summary>
    public void RememberLosses(string service, string release, IEnumerable<double> losses)
    {
        foreach (double loss in losses)
        {
            Past(service).Loss(release, loss);
        }
    }

    private ServicePast Past(string service) => _past.GetOrAdd(service, _ => new ServicePast(Recent));

    private sealed class Open(string id, RolloutEvidence evidence)
    {
        public string Id => id;
        public RolloutEvidence Evidence => evidence;
        public IReadOnlyDictionary<string, RolloutEvidence> Alone = new Dictionary<string, RolloutEvidence>();
        public readonly ConcurrentDictionary<string, Verdict> Verdicts = new(StringComparer.Ordinal);
        public readonly Dictionary<(string Book, int Phase), (DateTimeOffset At, (Outcome, string?) Key)> Saved = [];

        public IEnumerable<(string Key, RolloutEvidence Evidence)> Books =>
            Alone.Select(a => (RolloutEvidence.KeyOf(id, a.Key), a.Value)).Prepend((id, evidence));

        public DateTimeOffset LookedAt;
    }
}
