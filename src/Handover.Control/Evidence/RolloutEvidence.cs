using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Payloads;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// The evidence of one rollout: turns exchanges and labels into ticks of integers and feeds them to the gates.
/// Thread-safe. What it has gathered is checkpointed; what was counted since the last checkpoint is lost by a crash,
/// which costs time but never validity.
/// </summary>
internal sealed class RolloutEvidence
{
    private const int PairsWaiting = 20_000;

    private readonly Lock _gate = new();
    private readonly Service _service;
    private readonly string _from;
    private readonly string _to;
    private readonly GateSetup _setup;
    private readonly PairBuffer _pairs = new(PairsWaiting);
    private readonly PairedLosses _pairedLosses = new(PairsWaiting);
    private readonly Dictionary<Share, TickAccumulator> _open = [];
    private readonly GateBook _book;
    private readonly UnitFilter _units;
    private LatencyThresholds? _latency;
    private LossThresholds? _loss;
    private readonly string? _lost;
    private long _shadowPairs;
    private int _phase = -1;
    private long _phaseBase;
    private long _pairBase;
    private DateTimeOffset _settledAt;
    private DateTimeOffset _lastRequest;

    public RolloutEvidence(RolloutState state, Service service, string? saved)
    {
        _service = service;
        _from = state.From;
        _to = state.Plan.To;
        TimeSpan planned = state.Plan.Phases.Aggregate(TimeSpan.Zero, (sum, p) => sum + LeastTime(p));
        _setup = new GateSetup(state.Plan.Gates, service.Objectives, RestartPlan.Over(state.StartedAt, planned))
        {
            Shadows = state.Plan.Phases.Any(p => p is Phase.Shadow),
            LossIsRate = service.Labels is { Loss: LossKind.ZeroOne },
        };
        Checkpoint? checkpoint = saved is null ? null : JsonSerializer.Deserialize<Checkpoint>(saved, CoreJson.Options);
        Result<GateBook> book = checkpoint is null ? GateBook.Start(_setup) : GateBook.Load(_setup, checkpoint.Book);
        _book = book.Ok ? book.Value : GateBook.Start(_setup);
        _units = (checkpoint is null ? null : UnitFilter.Load(checkpoint.Units)) ?? new UnitFilter();
        _latency = checkpoint?.Latency;
        _loss = checkpoint?.Loss;
        _phase = checkpoint?.Phase ?? -1;
        _phaseBase = checkpoint?.PhaseBase ?? 0;
        _shadowPairs = checkpoint?.ShadowPairs ?? 0;
        _pairBase = checkpoint?.PairBase ?? 0;
        _lost = book.Ok ? null : book.Problems[0].ToString();
        _settledAt = checkpoint?.SettledAt ?? default;
    }

    /// <summary>Counts per metric, for display.</summary>
    public IReadOnlyList<GateCounts> Counts
    {
        get
        {
            lock (_gate)
            {
                return _book.Counts;
            }
        }
    }

    /// <summary>Freezes thresholds from what stable did before, once there is enough of it.</summary>
    public void Freeze(RecentValues latencies, RecentValues losses)
    {
        lock (_gate)
        {
            _latency ??=
                Margin("latency") is { } margin && latencies.Count >= 1000
                    ? LatencyThresholds.Freeze(latencies.ToArray(), margin, _service.Objectives.P99)
                    : null;
            _loss ??=
                Margin("loss") is { } worse && losses.Count >= 1000
                    ? LossThresholds.Freeze(losses.ToArray(), worse)
                    : null;
        }
    }

    /// <summary>Takes one finished inference exchange, live or shadow.</summary>
    public void Observe(Exchange exchange)
    {
        if (
            Arm(exchange.Release) is not { } candidate
            || exchange.Reason is AssignReason.Override or AssignReason.Replayed
        )
        {
            return;
        }

        lock (_gate)
        {
            if (exchange.Purpose is Purpose.Live)
            {
                _lastRequest = exchange.At;
                CountLive(exchange, candidate);
            }

            if (_setup.Shadows && _pairs.Add(exchange) is { } other)
            {
                (Exchange live, Exchange shadow) =
                    exchange.Purpose is Purpose.Live ? (exchange, other) : (other, exchange);
                CountPair(live, shadow);
            }
        }
    }

    /// <summary>Takes one label that was joined to an answer.</summary>
    public void Observe(Labels.LabelledExchange label)
    {
        if (Arm(label.Release) is not { } candidate)
        {
            return;
        }

        lock (_gate)
        {
            string unit = label.Entity ?? label.RequestId;
            if (_setup.Shadows && _pairedLosses.Add(label.RequestId, candidate, label.Loss) is { } pair)
            {
                bool worse = pair.Candidate > pair.Stable;
                bool better = pair.Candidate < pair.Stable;
                bool first = !worse && !better || _units.FirstBad("pair:loss", 0, unit);
                if (first)
                {
                    Accumulator(Share.None).Pair("loss", worse, better, bothBad: false);
                }
            }

            if (label.Purpose is not Purpose.Live)
            {
                return;
            }

            TickAccumulator into = Accumulator(ShareOf(candidate, label.CandidateShare));
            if (_setup.LossIsRate)
            {
                Unit(into, "loss", 0, candidate, unit, label.Loss > 0);
            }
            else if (_loss is { } loss)
            {
                IReadOnlyList<double> limits = candidate ? loss.Candidate : loss.Stable;
                for (int level = 0; level < limits.Count; level++)
                {
                    Unit(into, "loss", level, candidate, unit, label.Loss > limits[level]);
                }
            }
        }
    }

    /// <summary>Closes the open tick, and asks the gates.</summary>
    public Verdict Judge(RolloutState state, DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (TickAccumulator open in _open.OrderBy(o => o.Key.Parts).Select(o => o.Value))
            {
                _book.Observe(open.ToTick(now));
            }

            _open.Clear();
            if (state.PhaseSettled && _phase != state.PhaseIndex)
            {
                (_phase, _settledAt) = (state.PhaseIndex, now);
                (_phaseBase, _pairBase) = (_book.CandidateRequests, _shadowPairs);
            }

            return _book.Judge(Input(state, now));
        }
    }

    /// <summary>Everything as text, for the checkpoint.</summary>
    public string Save()
    {
        lock (_gate)
        {
            var checkpoint = new Checkpoint(
                _book.Save(),
                _units.Save(),
                _latency,
                _loss,
                _phase,
                _phaseBase,
                _settledAt,
                _shadowPairs,
                _pairBase
            );
            return JsonSerializer.Serialize(checkpoint, CoreJson.Options);
        }
    }

    private JudgeInput Input(RolloutState state, DateTimeOffset now)
    {
        (TimeSpan least, long requests, int pairs) = state.Phase switch
        {
            Phase.Shift shift => (shift.For, shift.Requests, 0),
            Phase.Bake bake => (bake.For, 0L, 0),
            Phase.Shadow shadow => (TimeSpan.Zero, 0L, shadow.Pairs),
            _ => (TimeSpan.Zero, 0L, 0),
        };
        return new JudgeInput(KindOf(state), now, state.Share, _from, _to)
        {
            PhaseElapsed = _phase == state.PhaseIndex ? now - _settledAt : TimeSpan.Zero,
            PhaseLeastTime = least,
            PhaseRequests = _book.CandidateRequests - _phaseBase,
            PhaseLeastRequests = requests,
            ShadowPairs = _shadowPairs - _pairBase,
            LeastPairs = pairs,
            Missing = [.. Missing(state, now)],
        };
    }

    private static JudgedPhase KindOf(RolloutState state) =>
        state.Phase is Phase.Shadow ? JudgedPhase.Shadow
        : state.Share == Share.All ? JudgedPhase.Bake
        : JudgedPhase.Shift;

    private IEnumerable<MissingMetric> Missing(RolloutState state, DateTimeOffset now)
    {
        if (_lost is not null)
        {
            // Going on with an empty book would spend alpha twice; a person decides.
            yield return new MissingMetric("evidence", _lost);
        }

        bool both = KindOf(state) is JudgedPhase.Shift;
        TimeSpan quiet = TimeSpan.FromSeconds(30);
        foreach (MetricGate gate in _setup.Plan.Metrics)
        {
            if (_settledAt != default && now - _settledAt > quiet && now - _lastRequest > quiet)
            {
                yield return new MissingMetric(gate.Name, "no request has come for 30 s");
            }
            else if (both && gate.Name == "latency" && _latency is null)
            {
                yield return new MissingMetric("latency", "stable needs 1,000 answers before thresholds can be frozen");
            }
            else if (both && gate.Name == "loss" && _service.Labels is null)
            {
                yield return new MissingMetric("loss", "the service declares no labels (spec.labels)");
            }
            else if (both && gate.Name == "loss" && _loss is null && !_setup.LossIsRate)
            {
                yield return new MissingMetric(
                    "loss",
                    "stable needs 1,000 labelled answers before thresholds can be frozen"
                );
            }
        }
    }

    private void CountLive(Exchange exchange, bool candidate)
    {
        TickAccumulator into = Accumulator(ShareOf(candidate, exchange.CandidateShare));
        into.Request(candidate);
        string unit = exchange.Entity ?? exchange.RequestId;
        bool failed = exchange.Outcome is not ExchangeOutcome.Ok;
        bool timedOut = exchange.Outcome is ExchangeOutcome.Timeout;
        Unit(into, "errors", 0, candidate, unit, failed);
        Unit(into, "timeouts", 0, candidate, unit, timedOut);
        if (_latency is not { } latency)
        {
            return;
        }

        // An answer that never came is slower than every threshold; an error that came fast is not a slow answer.
        double ms = timedOut ? double.PositiveInfinity : exchange.Latency.TotalMilliseconds;
        IReadOnlyList<double> limits = candidate ? latency.CandidateMs : latency.StableMs;
        for (int level = 0; level < limits.Count; level++)
        {
            Unit(into, "latency", level, candidate, unit, ms > limits[level]);
        }
    }

    private void CountPair(Exchange live, Exchange shadow)
    {
        _shadowPairs++;
        bool stableBad = live.Outcome is not ExchangeOutcome.Ok;
        bool candidateBad = shadow.Outcome is not ExchangeOutcome.Ok;
        string unit = live.Entity ?? live.RequestId;
        bool discordant = stableBad != candidateBad;
        if (!discordant || _units.FirstBad("pair:errors", 0, unit))
        {
            Accumulator(Share.None)
                .Pair("errors", candidateBad && discordant, stableBad && discordant, candidateBad && stableBad);
        }

        if (!stableBad && !candidateBad && AnswerPairs.Differ(live, shadow) is { } differs)
        {
            Accumulator(Share.None).Pair("divergence", differs, stableOnly: false, bothBad: false);
        }
    }

    private void Unit(TickAccumulator into, string metric, int level, bool candidate, string unit, bool bad)
    {
        bool isUnit = !_units.HasBeenBad(metric, level, unit);
        into.Unit(metric, level, candidate, isUnit, bad, isUnit && bad && _units.FirstBad(metric, level, unit));
    }

    private TickAccumulator Accumulator(Share share)
    {
        if (!_open.TryGetValue(share, out TickAccumulator? open))
        {
            _open[share] = open = new TickAccumulator(share);
        }

        return open;
    }

    // Once everybody is switched the document names no candidate: all of it is the candidate's, which has no other arm.
    private static Share ShareOf(bool candidate, Share stamped) =>
        candidate && stamped == Share.None ? Share.All : stamped;

    private bool? Arm(string release) =>
        string.Equals(release, _to, StringComparison.Ordinal) ? true
        : string.Equals(release, _from, StringComparison.Ordinal) ? false
        : null;

    private double? Margin(string metric) =>
        _setup.Plan.Metrics.FirstOrDefault(m => m.Name == metric)?.WorseBy.Value
        ?? (metric == "latency" && _setup.Objectives.P99 is not null ? 0.2 : null);

    private static TimeSpan LeastTime(Phase phase) =>
        phase switch
        {
            Phase.Shift shift => shift.For,
            Phase.Bake bake => bake.For,
            _ => TimeSpan.FromSeconds(10),
        };

    private sealed record Checkpoint(
        string Book,
        string Units,
        LatencyThresholds? Latency,
        LossThresholds? Loss,
        int Phase,
        long PhaseBase,
        DateTimeOffset SettledAt,
        long ShadowPairs,
        long PairBase
    );
}
