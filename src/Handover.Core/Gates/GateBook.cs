using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Core.Gates;

/// <summary>
/// The evidence of one rollout, from its first tick to its end. Verdicts may be asked for at any time and as often as
/// one likes: every test in it is an e-process, whose guarantee does not depend on how often one looks. Evidence
/// carries over from phase to phase.
/// </summary>
public sealed class GateBook
{
    private const string Format = "gates/5";
    private readonly MetricEvidence[] _metrics;
    private readonly string _fingerprint;
    private readonly SplitGuard _split = new();
    private readonly DataGuards _guards;
    private long _divergent;
    private long _compared;
    private long _stableAt;

    private GateBook(GateSetup setup)
    {
        Setup = setup;
        _metrics = Build(setup);
        _guards = new DataGuards(setup);
        _fingerprint = Fingerprint(setup);
    }

    /// <summary>What the tests were set up with.</summary>
    public GateSetup Setup { get; }

    /// <summary>Ticks that were taken.</summary>
    public long Ticks { get; private set; }

    /// <summary>Candidate requests that were taken.</summary>
    public long CandidateRequests { get; private set; }

    /// <summary>Stable requests that were taken.</summary>
    public long StableRequests { get; private set; }

    /// <summary>Hash of everything that shapes the tests; stored with each verdict.</summary>
    public string ConfigHash => _fingerprint;

    /// <summary>Counts per metric and level, for display and audit.</summary>
    public IReadOnlyList<GateCounts> Counts =>
        [
            .. _metrics.SelectMany(m =>
                Enumerable
                    .Range(0, MetricEvidence.MostLevels)
                    .Select(level => (Level: level, Count: m.Count(level)))
                    .Where(x => x.Count.CandidateUnits + x.Count.StableUnits > 0)
                    .Select(x => new GateCounts(
                        m.Gate.Name,
                        x.Level,
                        x.Count.CandidateBad,
                        x.Count.CandidateUnits,
                        x.Count.StableBad,
                        x.Count.StableUnits
                    ))
            ),
            .. _guards.Counts,
        ];

    internal IReadOnlyList<MetricEvidence> Metrics => _metrics;

    internal SplitGuard Split => _split;

    internal DataGuards Guards => _guards;

    /// <summary>Answers whose release contradicts the routing that was stamped on their request.</summary>
    public long RoutingViolations => _split.Violations;

    internal (long Divergent, long Compared) Divergence => (_divergent, _compared);

    /// <summary>Begins with no evidence.</summary>
    public static GateBook Start(GateSetup setup) => new(setup);

    /// <summary>
    /// Goes on from <see cref="Save"/>, to the last bit. Refused when the text is damaged or was written with other
    /// margins, weights or metrics: evidence may not be carried over to another test.
    /// </summary>
    public static Result<GateBook> Load(GateSetup setup, string saved)
    {
        var book = new GateBook(setup);
        var from = new StateReader(saved);
        if (from.Word() != Format || from.Word() != book._fingerprint)
        {
            return new Problem("evidence-of-another-plan", "The saved evidence was gathered with other gates.")
            {
                Fix = "Start the rollout anew: evidence cannot be carried over to other margins or metrics.",
            };
        }

        book.Ticks = from.ReadLong();
        book.CandidateRequests = from.ReadLong();
        book.StableRequests = from.ReadLong();
        book._divergent = from.ReadLong();
        book._compared = from.ReadLong();
        book._stableAt = from.ReadLong();
        return book._split.Load(from) && book._guards.Load(from) && book._metrics.All(m => m.Load(from)) && from.AtEnd
            ? book
            : new Problem("evidence-damaged", "The saved evidence is cut off or damaged.")
            {
                Fix = "Replay the stored ticks, or start the rollout anew.",
            };
    }

    /// <summary>Everything as one line of text.</summary>
    public string Save()
    {
        var to = new StateWriter();
        to.Word(Format);
        to.Word(_fingerprint);
        to.Write(Ticks);
        to.Write(CandidateRequests);
        to.Write(StableRequests);
        to.Write(_divergent);
        to.Write(_compared);
        to.Write(_stableAt);
        _split.Save(to);
        _guards.Save(to);
        foreach (MetricEvidence metric in _metrics)
        {
            metric.Save(to);
        }

        return to.ToString();
    }

    /// <summary>
    /// Takes one tick. Each tick may be taken once; late ones are welcome, with the routing probability of their own
    /// time. Allocates nothing.
    /// </summary>
    public void Observe(Tick tick)
    {
        Ticks++;
        CandidateRequests += tick.CandidateRequests;
        StableRequests += tick.StableRequests;
        _split.Observe(tick);
        double rho = (double)tick.CandidateShare.Parts / Share.Whole;
        bool alone = Alone(tick);
        for (int i = 0; i < tick.Metrics.Count; i++)
        {
            MetricTick metric = tick.Metrics[i];
            if (!_guards.Observe(tick.At, rho, metric))
            {
                Find(metric.Metric)?.Observe(tick.At, rho, metric, alone);
            }
        }

        foreach (MetricEvidence metric in _metrics)
        {
            metric.EndTick(rho);
        }

        for (int i = 0; i < tick.Pairs.Count; i++)
        {
            PairTick pair = tick.Pairs[i];
            Find(pair.Metric)?.Observe(tick.At, pair);
            if (pair.Metric == "divergence")
            {
                _divergent += pair.CandidateOnly + pair.StableOnly;
                _compared += pair.Pairs;
            }
        }
    }

    /// <summary>
    /// Natural logarithm of the weighted sum of e-values for harm: a rollback once it reaches ln(1/alpha). Allocates
    /// nothing, so that it can be drawn at every tick.
    /// </summary>
    public double Harm
    {
        get
        {
            double sum = double.NegativeInfinity;
            foreach (MetricEvidence metric in _metrics)
            {
                if (metric.Weight > 0)
                {
                    sum = LogMath.LogAddExp(sum, Math.Log(metric.Weight) + metric.Harm);
                }
            }

            return sum;
        }
    }

    /// <summary>
    /// Whether a metric is proven safe, against stable or against its objective, each at half of beta.
    /// </summary>
    public bool ProvenSafe(string metric) =>
        Find(metric) is { } found
        && Math.Max(found.RelativeSafe, found.ObjectiveSafe) >= Math.Log(2 / Setup.Plan.Beta.Value);

    /// <summary>Pairs that a metric was judged by; 0 for one that is not watched.</summary>
    public long PairsOf(string metric) => Find(metric)?.PairCount ?? 0;

    /// <summary>What the evidence says now. Changes nothing.</summary>
    public Verdict Judge(JudgeInput input) => new Judgement(this, input).Say();

    /// <summary>
    /// Whether the candidate serves everybody. A segment may have it wholly while stable serves the others: only when
    /// stable has been silent for a while is it alone.
    /// </summary>
    private bool Alone(Tick tick)
    {
        if (tick.StableRequests > 0)
        {
            _stableAt = Math.Max(_stableAt, tick.At.UtcTicks);
        }

        return tick.CandidateShare == Share.All && tick.At.UtcTicks - _stableAt > Silence.Ticks;
    }

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    // The metrics that a service may set an objective for.
    private static readonly string[] Objectives = ["errors", "latency"];

    private static MetricEvidence[] Build(GateSetup setup)
    {
        GatePlan plan = setup.Plan;
        Invariant.Holds(plan.Metrics.Count > 0, "a gate plan watches something");

        // Broken contracts are found one by one, not weighed.
        MetricGate[] weighed = [.. plan.Metrics.Where(g => g.Name != ContractGuard.Name)];

        // An objective counts even when the plan does not watch its metric.
        MetricGate[] unlisted =
        [
            .. Objectives
                .Where(name => Limit(name) is not null && plan.Metrics.All(g => g.Name != name))
                .Select(name => new MetricGate(name, Ratio.Zero)),
        ];
        MetricGate[] voting = [.. weighed.Concat(unlisted).Where(g => !g.HoldOnly)];
        int critical = voting.Count(g => g.Critical);
        int others = voting.Length - critical;
        double half = critical > 0 && others > 0 ? 0.5 : 1;
        return
        [
            .. weighed.Select(g => new MetricEvidence(g, Limit(g.Name), setup, true, Weight(g))),
            .. unlisted.Select(g => new MetricEvidence(g, Limit(g.Name), setup, false, Weight(g))),
        ];

        double Weight(MetricGate gate) => gate.HoldOnly ? 0 : half / (gate.Critical ? critical : others);

        double? Limit(string name) =>
            name switch
            {
                "errors" => setup.Objectives.Errors is { Value: > 0 and < 1 } rate ? rate.Value : null,
                "latency" => setup.Objectives.P99 is null ? null : 1 - Quantiles.Levels[Quantiles.P99],
                _ => null,
            };
    }

    private static string Fingerprint(GateSetup setup)
    {
        GatePlan plan = setup.Plan;
        string text = string.Join(
            '|',
            [
                Format,
                plan.Alpha.Value.ToString("R"),
                plan.Beta.Value.ToString("R"),
                plan.Promote.ToString(),
                (setup.Objectives.Errors?.Value ?? -1).ToString("R"),
                (setup.Objectives.P99?.Ticks ?? -1).ToString(),
                setup.Restarts.Start.UtcTicks.ToString(),
                setup.Restarts.Every.Ticks.ToString(),
                setup.Restarts.Count.ToString(),
                $"{setup.Shadows} {setup.LossIsRate} {setup.LabelWindow?.Ticks}",
                .. setup.Comparison is { } comparison ? [comparison] : Array.Empty<string>(),
                .. plan.Metrics.Select(g => $"{g.Name} {g.WorseBy.Value:R} {g.Critical} {g.HoldOnly} {g.Above:R}"),
            ]
        );
        return $"{Murmur3.Hash(text):x8}{Murmur3.Hash("2" + text):x8}";
    }

    private MetricEvidence? Find(string name)
    {
        foreach (MetricEvidence metric in _metrics)
        {
            if (metric.Gate.Name == name)
            {
                return metric;
            }
        }

        return null;
    }
}

/// <summary>Counts of one metric and level over the whole rollout.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Level">Index of the threshold.</param>
/// <param name="CandidateBad">First bad events on the candidate.</param>
/// <param name="CandidateUnits">Requests on the candidate that could have been one.</param>
/// <param name="StableBad">First bad events on stable.</param>
/// <param name="StableUnits">Requests on stable that could have been one.</param>
public sealed record GateCounts(
    string Metric,
    int Level,
    long CandidateBad,
    long CandidateUnits,
    long StableBad,
    long StableUnits
);
