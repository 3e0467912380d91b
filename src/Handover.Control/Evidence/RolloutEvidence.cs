using System.Text.Json;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
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
/// Thread-safe. What it has gathered is checkpointed together with the ticks that led there; what was counted since the
/// last checkpoint is lost by a crash from both, which costs time but never validity.
/// </summary>
internal sealed partial class RolloutEvidence
{
    private const int PairsWaiting = 20_000;
    private const long BytesWaiting = 64 << 20;
    private const int MostDrawn = 16_384;

    private readonly Lock _gate = new();
    private readonly Service _service;
    private readonly string _from;
    private readonly string _to;
    private readonly DateTimeOffset _startedAt;
    private readonly GateSetup _setup;
    private readonly Tolerances _rules;
    private readonly PairBuffer _pairs = new(PairsWaiting, BytesWaiting);
    private readonly PairedLosses _pairedLosses = new(PairsWaiting);
    private readonly Dictionary<Share, TickAccumulator> _open = [];
    private readonly GateBook _book;
    private readonly UnitFilter _units;
    private LatencyThresholds? _latency;
    private LossThresholds? _loss;
    private readonly string? _lost;
    private readonly EntitySample _drawn;
    private readonly List<string> _unsaved = [];
    private long _savedTicks;
    private long _shadowPairs;
    private int _phase = -1;
    private long _phaseBase;
    private long _pairBase;
    private DateTimeOffset _settledAt;
    private DateTimeOffset _lastRequest;

    private RolloutEvidence(
        RolloutState state,
        Service service,
        GateSetup setup,
        Tolerances rules,
        Checkpoint? saved,
        ILookup<string, byte[]> seen,
        Result<GateBook> book
    )
    {
        _service = service;
        _from = state.From;
        _to = state.Plan.To;
        _startedAt = state.StartedAt;
        _setup = setup;
        _rules = rules;
        _book = book.Ok ? book.Value : GateBook.Start(setup);
        string? lost = book.Ok ? ComparedOtherwise(setup, rules) : book.Problems[0].ToString();
        _savedTicks = _book.Ticks;
        UnitFilter? units = UnitFilter.Load(seen[SeenKinds.Units], saved?.Overflow ?? 0);
        if (units is null)
        {
            // Without it an entity could be counted twice, so nothing is decided rather than too much.
            lost ??= "the stored list of entities that were counted is damaged";
        }

        _units = units ?? new UnitFilter();
        _drawn = Sample(SeenKinds.Drawn, MostDrawn);
        _scores = Sample(SeenKinds.Scores, MostScores);
        _labelled = Sample(SeenKinds.Labelled, MostLabelled);
        _lost = lost;
        foreach ((string segment, SegmentTally tally) in saved?.Segments ?? new Dictionary<string, SegmentTally>())
        {
            _segments[segment] = tally;
        }

        _copied = Largest(state.Plan, s => s.Share);
        _redraw = Largest(state.Plan, s => s.Redraw);
        _noise = NoisyPaths.Load(saved?.Noise ?? "", 0, MostNoisyPaths) ?? _noise;
        _bins = saved?.Bins;
        _cursor = _cursorAtTick = saved?.Cursor;
        foreach ((string metric, Heard heard) in saved?.Heard ?? new Dictionary<string, Heard>())
        {
            _heard[metric] = heard;
        }

        Restore(saved);
        _broken.AddRange(saved?.Broken ?? []);
        _latency = saved?.Latency;
        _loss = saved?.Loss;
        _phase = saved?.Phase ?? -1;
        _phaseBase = saved?.PhaseBase ?? 0;
        _shadowPairs = saved?.ShadowPairs ?? 0;
        _pairBase = saved?.PairBase ?? 0;
        _settledAt = saved?.SettledAt ?? default;
        EntitySample Sample(string kind, int most)
        {
            int halvings = saved?.Halvings.GetValueOrDefault(kind) ?? 0;
            if (EntitySample.Load(seen[kind], halvings, most) is { } sample)
            {
                return sample;
            }

            lost ??= $"the stored sample '{kind}' is damaged";
            return new EntitySample(most);
        }
    }

    /// <summary>
    /// Begins, or goes on from what is stored. The setup is the one that the rollout began with, whatever the service
    /// declares by now: a test whose limits change on the way guarantees nothing. When the checkpoint is damaged, the
    /// ticks are replayed.
    /// </summary>
    /// <param name="state">The rollout.</param>
    /// <param name="service">Its service.</param>
    /// <param name="store">Where it is kept.</param>
    /// <param name="rules">How answers are compared.</param>
    /// <param name="segment">The segment that the evidence is of; null for everybody else.</param>
    public static RolloutEvidence Of(
        RolloutState state,
        Service service,
        RolloutStore store,
        Tolerances rules,
        string? segment = null
    )
    {
        string key = KeyOf(state.Id, segment);
        string? saved = store.LoadEvidence(key);
        GateSetup fresh = SetupOf(state, service, segment);
        GateSetup setup = store.Setup(key) ?? fresh with { Comparison = fresh.Shadows ? rules.Fingerprint() : null };
        if (saved is null)
        {
            return new RolloutEvidence(state, service, setup, rules, null, store.Seen(key), GateBook.Start(setup));
        }

        Checkpoint? checkpoint = Read(saved);
        Result<GateBook> book = GateBook.Load(setup, checkpoint?.Book ?? "");
        if (!book.Ok && store.Ticks(key) is { Count: > 0 } ticks)
        {
            book = Replay(setup, ticks);
        }

        return new RolloutEvidence(state, service, setup, rules, checkpoint, store.Seen(key), book);
    }

    /// <summary>Begins with nothing stored, for trials; labels are judged as they come.</summary>
    public static RolloutEvidence Fresh(RolloutState state, Service service)
    {
        GateSetup setup = SetupOf(state, service) with { LabelWindow = null };
        ILookup<string, byte[]> nothing = Array.Empty<(string, byte[])>().ToLookup(s => s.Item1, s => s.Item2);
        return new RolloutEvidence(state, service, setup, Tolerances.Default, null, nothing, GateBook.Start(setup));
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
    /// <param name="latencies">Its newest latencies in milliseconds, in no order.</param>
    /// <param name="losses">Its newest losses, in no order.</param>
    public void Freeze(double[] latencies, double[] losses)
    {
        lock (_gate)
        {
            _latency ??=
                Margin("latency") is { } margin && latencies.Length >= 1000
                    ? LatencyThresholds.Freeze(latencies, margin, _service.Objectives.P99)
                    : null;
            _loss ??=
                Margin("loss") is { } worse && losses.Length >= 1000 ? LossThresholds.Freeze(losses, worse) : null;
        }
    }

    /// <summary>How the gates will go on from here.</summary>
    public GateForecast Forecast(
        IReadOnlyList<ForecastStep> steps,
        double rate,
        IReadOnlyDictionary<string, Ratio> known
    )
    {
        lock (_gate)
        {
            return GateForecast.Of(_book, steps, rate, known);
        }
    }

    /// <summary>Everything that must be kept to go on and to derive the verdict again.</summary>
    public EvidenceSave Save(VerdictRecord? verdict)
    {
        lock (_gate)
        {
            var checkpoint = new Checkpoint(
                _book.Save(),
                _units.Overflow,
                _latency,
                _loss,
                _phase,
                _phaseBase,
                _settledAt,
                _shadowPairs,
                _pairBase
            )
            {
                Halvings = new Dictionary<string, int>
                {
                    [SeenKinds.Drawn] = _drawn.Halvings,
                    [SeenKinds.Scores] = _scores.Halvings,
                    [SeenKinds.Labelled] = _labelled.Halvings,
                },
                Bins = _bins,
                Cursor = _cursorAtTick,
                Heard = _heard,
                Broken = _broken,
                Segments = _segments,
                Tracks = _tracks.Count == 0 ? null : _tracks,
                Noise = _noise.Count == 0 ? null : _noise.Save(),
                Copies = _copies,
                Speed = _speed.Pairs == 0 ? null : _speed.Save(),
                Failures = _failures.Count == 0 ? null : _failures,
            };
            return new EvidenceSave(
                JsonSerializer.Serialize(checkpoint, CoreJson.Options),
                JsonSerializer.Serialize(_setup, CoreJson.Options),
                _savedTicks + 1,
                [.. _unsaved],
                verdict
            )
            {
                Seen = Pages()
                    .Where(p => p.Page is not null)
                    .ToDictionary(p => p.Kind, p => p.Page!, StringComparer.Ordinal),
            };
        }
    }

    /// <summary>What <see cref="Save"/> gave is on disk.</summary>
    public void Saved(EvidenceSave save)
    {
        lock (_gate)
        {
            _unsaved.RemoveRange(0, save.Ticks.Count);
            _savedTicks += save.Ticks.Count;
            foreach ((string kind, SeenPage page) in save.Seen)
            {
                Kept(kind)(page);
            }
        }
    }

    private IEnumerable<(string Kind, SeenPage? Page)> Pages() =>
        [
            (SeenKinds.Units, _units.Page()),
            (SeenKinds.Drawn, _drawn.Page()),
            (SeenKinds.Scores, _scores.Page()),
            (SeenKinds.Labelled, _labelled.Page()),
        ];

    private Action<SeenPage> Kept(string kind) =>
        kind switch
        {
            SeenKinds.Units => _units.Kept,
            SeenKinds.Drawn => _drawn.Kept,
            SeenKinds.Scores => _scores.Kept,
            _ => _labelled.Kept,
        };

    // Pairs that were compared by other rules cannot be added to those that will be.
    private static string? ComparedOtherwise(GateSetup setup, Tolerances rules) =>
        setup.Comparison is { } began && began != rules.Fingerprint()
            ? "answers are compared by other rules than when the rollout began; start it anew"
            : null;

    private static Checkpoint? Read(string saved)
    {
        try
        {
            return JsonSerializer.Deserialize<Checkpoint>(saved, CoreJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Result<GateBook> Replay(GateSetup setup, IReadOnlyList<string> ticks)
    {
        GateBook book = GateBook.Start(setup);
        foreach (string line in ticks)
        {
            Result<Tick> tick = TickCodec.Read(line);
            if (!tick.Ok)
            {
                return Result<GateBook>.Failed(tick.Problems);
            }

            book.Observe(tick.Value);
        }

        return book;
    }

    private double? Margin(string metric) =>
        _setup.Plan.Metrics.FirstOrDefault(m => m.Name == metric)?.WorseBy.Value
        ?? (metric == "latency" && _setup.Objectives.P99 is not null ? 0.2 : null);

    private sealed record Checkpoint(
        string Book,
        long Overflow,
        LatencyThresholds? Latency,
        LossThresholds? Loss,
        int Phase,
        long PhaseBase,
        DateTimeOffset SettledAt,
        long ShadowPairs,
        long PairBase
    )
    {
        /// <summary>How often each sample of entities was halved.</summary>
        public IReadOnlyDictionary<string, int> Halvings { get; init; } = new Dictionary<string, int>();

        public PredictionBins? Bins { get; init; }

        public long? Cursor { get; init; }

        public IReadOnlyDictionary<string, Heard>? Heard { get; init; }

        public IReadOnlyList<BrokenContract>? Broken { get; init; }

        public IReadOnlyDictionary<string, SegmentTally>? Segments { get; init; }

        public IReadOnlyDictionary<string, TrackMark>? Tracks { get; init; }

        public string? Noise { get; init; }

        public CopySums? Copies { get; init; }

        public long[][]? Speed { get; init; }

        public IReadOnlyDictionary<string, long>? Failures { get; init; }
    }

    /// <summary>What entities are remembered for.</summary>
    private static class SeenKinds
    {
        public const string Units = "units";
        public const string Drawn = "drawn";
        public const string Scores = "scores";
        public const string Labelled = "labelled";
    }
}
