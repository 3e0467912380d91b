using Handover.Core.Evidence;
using Handover.Core.Foundation;

namespace Handover.Core.Gates;

/// <summary>
/// All that is known about one metric: the tests against stable, against the objective and on shadow pairs, each for
/// harm and for safety, and the counts behind them.
/// </summary>
internal sealed class MetricEvidence
{
    /// <summary>Most levels of one metric: score bins or thresholds.</summary>
    public const int MostLevels = 32;

    private const double PairPart = 0.25;
    private const double ObjectivePart = 0.25;
    private readonly CountEProcess[] _harm;
    private readonly CountEProcess[] _fewer;
    private readonly CountEProcess? _safe;
    private readonly PairedEProcess? _pairHarm;
    private readonly PairedEProcess? _pairSafe;
    private readonly ObjectiveEProcess? _objectiveHarm;
    private readonly ObjectiveEProcess? _objectiveSafe;
    private readonly FrozenReference? _reference;
    private readonly ClassMixEProcess? _mix;
    private readonly long[] _candidateMix = new long[MostLevels];
    private readonly long[] _stableMix = new long[MostLevels];
    private readonly int _safeLevel;
    private readonly int _objectiveLevel;
    private readonly long[] _counts = new long[MostLevels * 4];
    private long _pairs;
    private long _pairCandidate;
    private long _pairStable;

    public MetricEvidence(MetricGate gate, double? objective, GateSetup setup, bool listed, double weight)
    {
        Gate = gate;
        Weight = weight;
        Listed = listed;
        Objective = objective;
        bool latency = gate.Name == "latency";
        bool levels = latency || (gate.Name == "loss" && !setup.LossIsRate);
        TwoSided = gate.Name == "predictions";
        OnlyPairs = gate.Name == MetricGate.Flips;
        _safeLevel =
            latency ? Quantiles.P99
            : levels ? Quantiles.P90
            : 0;
        _objectiveLevel = latency ? LatencyThresholds.ObjectiveLevel : 0;
        // Where thresholds carry the margin, the counts above them are compared without a second one.
        double margin = levels ? 0 : gate.WorseBy.Value;
        HarmMargin = margin;
        int tests =
            !listed || OnlyPairs ? 0
            : TwoSided ? MostLevels
            : levels ? Quantiles.Levels.Count
            : 1;
        Paired = listed && setup.Shadows && (OnlyPairs || gate.Name is "errors" or "timeouts" or "loss");

        // The e-value at which one test decides a rollback (or a hold) by itself. How many score bins there will be is
        // not known before the data, so two-sided tests have none.
        double decisive = tests / (setup.Plan.Alpha.Value * (weight > 0 ? weight * RelativeWeight : RelativeWeight));
        double cap = TwoSided ? double.PositiveInfinity : Math.Log(decisive);
        _harm = [.. Enumerable.Range(0, tests).Select(_ => CountEProcess.Harm(margin, setup.Restarts, cap))];
        _fewer = TwoSided ? [.. _harm.Select(_ => CountEProcess.Fewer(margin, setup.Restarts))] : [];
        _safe = tests > 0 && !TwoSided ? CountEProcess.Safe(margin) : null;
        _reference = tests > 0 && !TwoSided ? new FrozenReference(margin, setup.Restarts) : null;
        _mix = TwoSided ? new ClassMixEProcess(margin, MostLevels) : null;
        ExpectedRate = levels ? 1 - Quantiles.Levels[_safeLevel] : null;
        MixtureCost = Forecast.MixtureCost + Math.Log(Math.Max(1, TwoSided ? MostLevels : tests));
        if (Paired)
        {
            // Stable may well never flip by itself, and a multiple of nothing allows nothing: so points, not a ratio.
            double worse = gate.WorseBy.Value;
            RestartPlan restarts = setup.Restarts;
            _pairHarm = OnlyPairs ? PairedEProcess.HarmByPoints(worse, restarts) : PairedEProcess.Harm(worse, restarts);
            _pairSafe = OnlyPairs ? PairedEProcess.SafeByPoints(worse) : PairedEProcess.Safe(worse);
        }

        if (objective is { } limit)
        {
            _objectiveHarm = ObjectiveEProcess.Harm(limit, setup.Restarts);
            _objectiveSafe = ObjectiveEProcess.Safe(limit);
        }
    }

    public MetricGate Gate { get; }

    /// <summary>Whether the plan names the metric; else it is here for the objective only.</summary>
    public bool Listed { get; }

    public bool Paired { get; }

    public bool TwoSided { get; }

    /// <summary>Whether only requests that were answered more than once tell anything of it.</summary>
    public bool OnlyPairs { get; }

    public double? Objective { get; }

    /// <summary>The level whose counts are shown: of a two-sided metric the bin that differs most.</summary>
    public int DisplayLevel
    {
        get
        {
            int loudest = 0;
            for (int j = 1; TwoSided && j < Math.Min(Levels, _harm.Length); j++)
            {
                loudest = Loudness(j) > Loudness(loudest) ? j : loudest;
            }

            return TwoSided ? loudest : _safeLevel;
        }
    }

    /// <summary>The margin on the ratio of counts.</summary>
    public double HarmMargin { get; }

    /// <summary>Counts that were held against the objective.</summary>
    public (long Bad, long Units) ObjectiveCounts =>
        (Count(_objectiveLevel).CandidateBad, Count(_objectiveLevel).CandidateUnits);

    /// <summary>Stable's rate at the level that is shown, when it follows from a frozen quantile.</summary>
    public double? ExpectedRate { get; }

    /// <summary>What it costs, in nats, not to know how, where and since when the candidate is bad.</summary>
    public double MixtureCost { get; }

    /// <summary>The comparison with stable before the switch; null for a metric that has none.</summary>
    public FrozenReference? Reference => _reference;

    /// <summary>Part of alpha that the metric has; 0 for one that only holds.</summary>
    public double Weight { get; }

    public long PairCount => _pairs;

    public (long Candidate, long Stable) PairBad => (_pairCandidate, _pairStable);

    /// <summary>Whether stable does not meet the objective either, by its own counts in this rollout.</summary>
    public bool StableBreaksObjective =>
        Objective is { } limit && Count(_objectiveLevel) is var (_, _, bad, units) && units > 0 && bad > limit * units;

    /// <summary>Log e-value for harm against stable, on live requests.</summary>
    public double RelativeHarm
    {
        get
        {
            if (_harm.Length == 0)
            {
                return double.NegativeInfinity;
            }

            Span<double> terms = stackalloc double[MostLevels * 2];
            int used = TwoSided ? Math.Max(1, Levels) : _harm.Length;
            for (int j = 0; j < used; j++)
            {
                terms[j] = _harm[j].LogEvidence;
            }

            for (int j = 0; TwoSided && j < used; j++)
            {
                terms[used + j] = _fewer[j].LogEvidence;
            }

            int n = TwoSided ? used * 2 : used;
            double single = LogMath.LogSumExp(terms[..n]) - Math.Log(n);

            // Half of the bet on single bins, so that a rare one is found and named, half on all of them together.
            return _mix is null ? single : LogMath.LogAddExp(single, _mix.LogEvidence) - Math.Log(2);
        }
    }

    /// <summary>Log e-value for harm in any way; an objective that stable breaks too does not count.</summary>
    public double Harm
    {
        get
        {
            double sum = double.NegativeInfinity;
            sum = RelativeWeight > 0 ? LogMath.LogAddExp(sum, Math.Log(RelativeWeight) + RelativeHarm) : sum;
            sum = PairedWeight > 0 ? LogMath.LogAddExp(sum, Math.Log(PairedWeight) + PairedHarm) : sum;
            return ObjectiveWeight > 0 && !StableBreaksObjective
                ? LogMath.LogAddExp(sum, Math.Log(ObjectiveWeight) + ObjectiveHarm)
                : sum;
        }
    }

    public double PairedHarm => _pairHarm?.LogEvidence ?? double.NegativeInfinity;

    public double ObjectiveHarm => _objectiveHarm?.LogEvidence ?? double.NegativeInfinity;

    public double ObjectiveSafe => _objectiveSafe?.LogEvidence ?? double.NegativeInfinity;

    /// <summary>Log e-value that the candidate is not worse than stable by the margin.</summary>
    public double RelativeSafe =>
        (_safe, _pairSafe) switch
        {
            (null, null) => double.NegativeInfinity,
            (null, _) => _pairSafe.LogEvidence,
            (_, null) => _safe.LogEvidence,
            _ => LogMath.LogAddExp(_safe.LogEvidence, _pairSafe.LogEvidence) - Math.Log(2),
        };

    public double PairedWeight =>
        !Paired ? 0
        : OnlyPairs ? 1
        : PairPart;

    public double ObjectiveWeight =>
        Objective is null ? 0
        : Listed ? ObjectivePart
        : 1;

    public double RelativeWeight => Listed ? 1 - PairedWeight - ObjectiveWeight : 0;

    /// <summary>
    /// Levels that have been seen; the score bins of a two-sided metric are known only from the data.
    /// </summary>
    private int Levels { get; set; }

    public (long CandidateBad, long CandidateUnits, long StableBad, long StableUnits) Count(int level)
    {
        int i = level * 4;
        return (_counts[i], _counts[i + 1], _counts[i + 2], _counts[i + 3]);
    }

    /// <summary>Takes what one tick counted at one level.</summary>
    /// <param name="at">End of the tick.</param>
    /// <param name="rho">Routing probability of the candidate.</param>
    /// <param name="tick">The counts.</param>
    /// <param name="alone">Whether the candidate serves everybody, so that stable's past is all there is.</param>
    public void Observe(DateTimeOffset at, double rho, in MetricTick tick, bool alone)
    {
        Invariant.Holds(tick.Level is >= 0 and < MostLevels, "a metric has at most 32 levels");
        Levels = Math.Max(Levels, tick.Level + 1);
        int i = tick.Level * 4;
        _counts[i] += tick.CandidateBad;
        _counts[i + 1] += tick.CandidateUnits;
        _counts[i + 2] += tick.StableBad;
        _counts[i + 3] += tick.StableUnits;
        if (tick.Level < _harm.Length)
        {
            _harm[tick.Level].Observe(at, rho, tick.CandidateBad, tick.StableBad);
        }

        if (tick.Level < _fewer.Length)
        {
            _fewer[tick.Level].Observe(at, rho, tick.CandidateBad, tick.StableBad);
        }

        if (tick.Level == _safeLevel)
        {
            _safe?.Observe(at, rho, tick.CandidateBad, tick.StableBad);
        }

        if (tick.Level == _safeLevel && alone)
        {
            var (_, _, bad, units) = Count(_safeLevel);
            _reference?.Observe(at, tick.CandidateBad, tick.CandidateUnits, (bad, units));
        }

        if (tick.Level == _objectiveLevel)
        {
            ObserveObjective(at, tick.CandidateBad, tick.CandidateBadRequests, tick.CandidateUnits);
        }

        if (_mix is not null)
        {
            _candidateMix[tick.Level] += tick.CandidateFirst;
            _stableMix[tick.Level] += tick.StableFirst;
        }
    }

    /// <summary>All levels of the tick have been taken: now the bins can be compared together.</summary>
    public void EndTick(double rho)
    {
        if (_mix is not null)
        {
            _mix.Observe(rho, _candidateMix.AsSpan(0, Levels), _stableMix.AsSpan(0, Levels));
            Array.Clear(_candidateMix);
            Array.Clear(_stableMix);
        }
    }

    public void Observe(DateTimeOffset at, in PairTick tick)
    {
        long both = tick.BothBad ?? 0;
        long neither = tick.Pairs - tick.CandidateOnly - tick.StableOnly - both;
        Invariant.Holds(neither >= 0, "the kinds of pairs sum to all pairs");
        _pairs += tick.Pairs;
        _pairCandidate += tick.CandidateOnly;
        _pairStable += tick.StableOnly;
        _pairHarm?.Observe(at, tick.CandidateOnly, tick.StableOnly, both, neither);
        _pairSafe?.Observe(at, tick.CandidateOnly, tick.StableOnly, both, neither);
        if (tick.BothBad is not null && _objectiveLevel == 0)
        {
            ObserveObjective(at, tick.CandidateOnly + both, 0, tick.Pairs);
        }
    }

    public void Save(StateWriter to)
    {
        to.Write(Levels);
        to.Write(_pairs);
        to.Write(_pairCandidate);
        to.Write(_pairStable);
        for (int i = 0; i < Levels * 4; i++)
        {
            to.Write(_counts[i]);
        }

        foreach (CountEProcess process in _harm.Concat(_fewer))
        {
            process.Save(to);
        }

        _safe?.Save(to);
        _pairHarm?.Save(to);
        _pairSafe?.Save(to);
        _objectiveHarm?.Save(to);
        _objectiveSafe?.Save(to);
        _reference?.Save(to);
        _mix?.Save(to);
    }

    public bool Load(StateReader from)
    {
        Levels = (int)Math.Clamp(from.ReadLong(), 0, MostLevels);
        _pairs = from.ReadLong();
        _pairCandidate = from.ReadLong();
        _pairStable = from.ReadLong();
        for (int i = 0; i < Levels * 4; i++)
        {
            _counts[i] = from.ReadLong();
        }

        return _harm.Concat(_fewer).All(p => p.Load(from))
            && _safe?.Load(from) != false
            && _pairHarm?.Load(from) != false
            && _pairSafe?.Load(from) != false
            && _objectiveHarm?.Load(from) != false
            && _objectiveSafe?.Load(from) != false
            && _reference?.Load(from) != false
            && _mix?.Load(from) != false
            && !from.Failed;
    }

    private double Loudness(int level) => Math.Max(_harm[level].LogEvidence, _fewer[level].LogEvidence);

    private void ObserveObjective(DateTimeOffset at, long firstBad, long bad, long units)
    {
        // Harm counts each entity once, since clusters would break the test; safety counts every bad request.
        _objectiveHarm?.Observe(at, Math.Min(firstBad, units), units);
        _objectiveSafe?.Observe(at, Math.Min(Math.Max(firstBad, bad), units), units);
    }
}
