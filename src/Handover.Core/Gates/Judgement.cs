using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Turns evidence into a verdict and into words. Harm outranks everything; whatever is missing or unproven holds; only
/// what is left promotes.
/// </summary>
internal sealed partial class Judgement(GateBook book, JudgeInput input)
{
    private readonly GatePlan _plan = book.Setup.Plan;
    private readonly List<string> _holds = [];
    private readonly List<GateReading> _readings = [];
    private double _total = double.NegativeInfinity;
    private double _loudest = double.NegativeInfinity;
    private MetricEvidence? _culprit;
    private HarmSource _culpritSource;

    private enum HarmSource
    {
        Stable,
        Objective,
        Pairs,
    }

    private double Alarm => -Math.Log(_plan.Alpha.Value);

    private double Proof => Math.Log(2 / _plan.Beta.Value);

    public Verdict Say()
    {
        foreach (MetricEvidence metric in book.Metrics)
        {
            Weigh(metric);
        }

        if (_total >= Alarm)
        {
            return RollBack();
        }

        ReadCoverage();
        if (Contract() is { } broken)
        {
            return broken;
        }

        _holds.AddRange(input.Holding);
        foreach (MissingMetric missing in input.Missing)
        {
            _holds.Add($"{missing.Name} is missing: {missing.Why}");
        }

        HoldForSplit();
        HoldForReference();
        HoldForProof();
        HoldForTime();
        ReadDivergence();
        return _holds.Count > 0
            ? new Verdict(Outcome.Hold, _holds, _readings)
            : new Verdict(Outcome.Promote, [WhyPromoted()], _readings);
    }

    /// <summary>Adds a metric's e-values to the weighted sum, or to what holds.</summary>
    private void Weigh(MetricEvidence metric)
    {
        double own = double.NegativeInfinity;
        Add(HarmSource.Stable, metric.RelativeWeight, metric.RelativeHarm);
        Add(HarmSource.Pairs, metric.PairedWeight, metric.PairedHarm);
        if (metric.StableBreaksObjective)
        {
            if (metric.ObjectiveHarm >= Alarm)
            {
                _holds.Add(
                    $"{metric.Gate.Name}: {input.Candidate} breaks the objective, but so does {input.Stable}; "
                        + "a person must decide"
                );
            }
        }
        else
        {
            Add(HarmSource.Objective, metric.ObjectiveWeight, metric.ObjectiveHarm);
        }

        if (metric.Gate.HoldOnly && own >= Alarm)
        {
            string words = metric.TwoSided
                ? $"differs between the releases{Bin(metric)}"
                : $"is worse on {input.Candidate}";
            _holds.Add($"{metric.Gate.Name} {words}: {GateWords.Counts(metric)}; a person must look");
        }

        double threshold = metric.Gate.HoldOnly ? Alarm : Alarm - Math.Log(metric.Weight);
        _readings.Add(Read(metric, own, threshold));

        void Add(HarmSource source, double part, double logEvidence)
        {
            if (part <= 0)
            {
                return;
            }

            double weighted = Math.Log(part) + logEvidence;
            own = LogMath.LogAddExp(own, weighted);
            if (metric.Gate.HoldOnly)
            {
                return;
            }

            weighted += Math.Log(metric.Weight);
            _total = LogMath.LogAddExp(_total, weighted);
            if (weighted > _loudest)
            {
                (_loudest, _culprit, _culpritSource) = (weighted, metric, source);
            }
        }
    }

    private string Bin(MetricEvidence metric) =>
        metric.DisplayLevel < input.PredictionBins.Count ? $" in {input.PredictionBins[metric.DisplayLevel]}" : "";

    private GateReading Read(MetricEvidence metric, double own, double threshold)
    {
        bool harm = own >= threshold;
        Outcome outcome = harm
            ? metric.Gate.HoldOnly
                ? Outcome.Hold
                : Outcome.RollBack
            : input.Missing.Any(m => m.Name == metric.Gate.Name)
                ? Outcome.Hold
                : _plan.Promote == PromotionRule.NoHarm || Proven(metric)
                    ? Outcome.Promote
                    : Outcome.Hold;
        long units = metric.Count(metric.DisplayLevel).CandidateUnits + metric.PairCount;
        return new GateReading(metric.Gate.Name, outcome, own, threshold, units, GateWords.Counts(metric))
        {
            NeedsMore = NeedsMore(metric),
        };
    }

    private Verdict RollBack()
    {
        MetricEvidence metric = _culprit!;
        double odds = Math.Exp(Math.Min(_total, 700));
        string against = _culpritSource switch
        {
            HarmSource.Objective => $"the objective is broken, {GateWords.Objective(metric)}",
            HarmSource.Pairs when metric.OnlyPairs =>
                $"it decides otherwise than {input.Stable} beyond its noise, {GateWords.Pairs(metric)}",
            HarmSource.Pairs => $"on the same requests it is worse than {input.Stable}, {GateWords.Pairs(metric)}",
            _ when metric.TwoSided => $"it differs from {input.Stable}{Bin(metric)}, {GateWords.Counts(metric)}",
            _ => $"it is worse than {input.Stable}, {GateWords.Counts(metric)}",
        };
        string reason =
            $"{input.Candidate} is sick in {metric.Gate.Name}: {against} "
            + $"(evidence {GateWords.Number(odds)} to 1, {GateWords.Number(1 / _plan.Alpha.Value)} to 1 is enough)";
        ReadDivergence();
        return new Verdict(Outcome.RollBack, [reason, .. _holds], _readings)
        {
            Culprit = metric.Gate.Name,
            SickRelease = input.Candidate,
        };
    }

    /// <summary>A broken split says nothing about the model; it says that no comparison can be trusted.</summary>
    private void HoldForSplit()
    {
        SplitGuard split = book.Split;
        (long candidate, long stable) = split.Entities;
        if (candidate + stable == 0 && split.Violations == 0)
        {
            return;
        }

        double evidence = split.LogEvidence;
        long all = candidate + stable;
        string detail =
            $"{candidate:N0} of {all:N0} entities drawn to the candidate, {GateWords.Number(split.Expected)} expected";
        bool broken = evidence >= SplitGuard.Alarm;
        if (broken)
        {
            _holds.Add(
                $"traffic is not split as configured: {detail}; the routing (or what reaches the gateway) is at "
                    + "fault, not the model: find out why before going on"
            );
        }

        if (split.Violations > 0)
        {
            _holds.Add(
                $"{split.Violations:N0} answers came from a release that the routing did not name; "
                    + "the gateway is at fault, not the model"
            );
        }

        Outcome outcome = broken || split.Violations > 0 ? Outcome.Hold : Outcome.Promote;
        _readings.Add(new GateReading("split", outcome, evidence, SplitGuard.Alarm, all, detail));
    }

    /// <summary>With the candidate alone, only stable's past is left to compare with, and times differ.</summary>
    private void HoldForReference()
    {
        if (input.Phase != JudgedPhase.Bake)
        {
            return;
        }

        foreach (MetricEvidence metric in book.Metrics)
        {
            if (metric.Reference is { } reference && reference.LogEvidence >= Alarm)
            {
                _holds.Add(
                    $"{metric.Gate.Name} is worse than {input.Stable} was before the switch: "
                        + $"now {GateWords.Rate(reference.Since.Bad, reference.Since.Units)}, "
                        + $"then {GateWords.Rate(reference.Before.Bad, reference.Before.Units)}; the times differ, "
                        + "so a person must look"
                );
            }
        }
    }

    private void HoldForProof()
    {
        if (_plan.Promote != PromotionRule.Proof)
        {
            return;
        }

        foreach (MetricEvidence metric in book.Metrics)
        {
            if (NeedsProof(metric) && !Proven(metric))
            {
                _holds.Add($"{metric.Gate.Name} is not proven safe yet: {GateWords.Counts(metric)}{Missing(metric)}");
            }
        }

        string Missing(MetricEvidence metric)
        {
            if (NeedsMore(metric) is { } more)
            {
                return $"; about {GateWords.Number(more)} more requests on {input.Candidate}";
            }

            if (metric.OnlyPairs)
            {
                return "; only a shadow phase that asks stable twice (redraw) can prove it";
            }

            return metric.Objective is null
                ? "; with so few bad events only an objective could prove it: set one, or promote by hand"
                : "";
        }
    }

    private void HoldForTime()
    {
        if (input.Phase == JudgedPhase.Shadow && input.ShadowPairs < input.LeastPairs)
        {
            _holds.Add($"{input.ShadowPairs:N0} of at least {input.LeastPairs:N0} shadow pairs compared");
        }

        if (input.PhaseElapsed < input.PhaseLeastTime)
        {
            TimeSpan left = input.PhaseLeastTime - input.PhaseElapsed;
            _holds.Add($"no harm so far; the phase lasts {GateWords.Time(left)} more");
        }

        if (input.PhaseRequests < input.PhaseLeastRequests)
        {
            _holds.Add(
                $"{input.PhaseRequests:N0} of at least {input.PhaseLeastRequests:N0} requests "
                    + $"answered by {input.Candidate}"
            );
        }
    }

    /// <summary>
    /// Raw divergence informs and never decides: a good new model differs from the old one by design.
    /// </summary>
    private void ReadDivergence()
    {
        var (divergent, compared) = book.Divergence;
        if (compared > 0)
        {
            string detail = $"{GateWords.Rate(divergent, compared)} answered differently (informs only)";
            _readings.Add(new GateReading("divergence", Outcome.Promote, 0, double.PositiveInfinity, compared, detail));
        }
    }

    private bool NeedsProof(MetricEvidence metric) =>
        metric is { Listed: true, TwoSided: false, Gate.HoldOnly: false }
        && (input.Phase != JudgedPhase.Shadow || metric.Paired);

    private bool Proven(MetricEvidence metric) =>
        !NeedsProof(metric) || Math.Max(metric.RelativeSafe, metric.ObjectiveSafe) >= Proof;

    private long? NeedsMore(MetricEvidence metric)
    {
        if (_plan.Promote == PromotionRule.Proof && NeedsProof(metric) && !Proven(metric))
        {
            return ProofDistance.Requests(metric, (double)input.CandidateShare.Parts / Foundation.Share.Whole, Proof);
        }

        long left = input.PhaseLeastRequests - input.PhaseRequests;
        return left > 0 ? left : null;
    }

    private string WhyPromoted() =>
        _plan.Promote == PromotionRule.Proof
            ? "every metric is proven safe, against stable or against its objective"
            : "no harm shown, and the phase's least time and least requests are reached";
}
