namespace Handover.Bench.Mutants;

/// <summary>
/// The mistakes. Each is one that somebody could make, in a formula, a bound, a sign, an order or a rule; none is there
/// because it is easy to find.
/// </summary>
internal static class MutantList
{
    public static readonly Mutant[] All =
    [
        // Comparison of counts.
        new("Evidence/CountEProcess", "candidateBad * (_logRatios[k] - _nullLog)", "candidateBad * _logRatios[k]"),
        new("Evidence/CountEProcess", "- (events * _penalties[k])", "+ (events * _penalties[k])"),
        new("Evidence/CountEProcess", "double nullLog = Math.Log(1 + margin);", "double nullLog = 0;"),
        new("Evidence/CountEProcess", "rho is <= 0 or >= 1 || candidateBad", "rho is <= 0 || candidateBad"),
        new("Evidence/CountEProcess", "rho != _penaltiesFor", "double.IsNaN(_penaltiesFor)"),
        new("Evidence/CountEProcess", "if (boost > 0)", "if (boost > 1)"),
        new(
            "Evidence/CountEProcess",
            "Below(-Math.Log(1 + margin), HarmRatios",
            "Below(Math.Log(1 + margin), HarmRatios"
        ),
        new("Evidence/CountEProcess", "_mixture.Restart(at);", ""),
        new("Evidence/CountEProcess", "long events = candidateBad + stableBad;", "long events = stableBad;"),
        new("Evidence/CountEProcess", "double odds = rho * Math.Exp(_nullLog);", "double odds = rho;"),
        new("Evidence/CountEProcess", "before >= _logCap || After", "After"),
        // Mixture, restarts, overshoot.
        new("Evidence/Mixture", "Math.Log(before - Reserve)", "Math.Log(before)"),
        new("Evidence/Mixture", "(_restarts.Count - _restarted) / _restarts.Count", "1.0"),
        new("Evidence/Mixture", "to.Write(_boost);", "to.Write(0.0);"),
        new("Evidence/Mixture", "to.Write(_restarted);", "to.Write(0);"),
        new("Evidence/RestartPlan", "(int)Math.Min(Count, (at - Start) / Every)", "(int)((at - Start) / Every)"),
        new("Evidence/RestartPlan", "Math.Ceiling(minutes / Most)", "Math.Floor(minutes / Most)"),
        new("Evidence/RestartPlan", "First = 0.7", "First = 0.5"),
        new("Evidence/OvershootBoost", "factor * value[split - 1] <= 1", "factor >= 0"),
        new("Evidence/OvershootBoost", "(mean - capped) / below", "mean / below"),
        new("Evidence/OvershootBoost", "capped += chance[split];", ""),
        new("Evidence/OvershootBoost", "(arm / (1 - arm))", "arm"),
        // Objective.
        new("Evidence/ObjectiveEProcess", "Math.Log(rates[k] / limit)", "Math.Log(rates[k])"),
        new("Evidence/ObjectiveEProcess", " - LogMath.Log1P(-limit)", ""),
        new("Evidence/ObjectiveEProcess", "((units - bad) * _good[k])", "(units * _good[k])"),
        new(
            "Evidence/ObjectiveEProcess",
            "[0.5, .. Below.Select(_ => 0.5 / Below.Length)]",
            "[0.125, .. Below.Select(_ => 0.125)]"
        ),
        new("Evidence/ObjectiveEProcess", "_mixture.Restart(at);", ""),
        // Pairs.
        new(
            "Evidence/PairedEProcess",
            "new((1 / (1 + margin), -1, -margin / (1 + margin), 0), restarts)",
            "new((1 / (1 + margin), -1, 0, 0), restarts)"
        ),
        new("Evidence/PairedEProcess", "(-1, 1 + margin, margin, 0)", "(-1, 1, margin, 0)"),
        new(
            "Evidence/PairedEProcess",
            "-1, -points / (1 + points), -points / (1 + points)",
            "-1, -points / (1 + points), 0"
        ),
        new("Evidence/PairedEProcess", "sum += both * _gains[k, 2];", ""),
        new("Evidence/PairedEProcess", "_mixture.Restart(at);", ""),
        // Split.
        new(
            "Evidence/DirichletMixture",
            "LogMath.LogGamma(sum) - LogMath.LogGamma(sum + total)",
            "LogMath.LogGamma(sum + total) - LogMath.LogGamma(sum)"
        ),
        new(
            "Evidence/DirichletMixture",
            "(Concentration * share, Concentration * (1 - share))",
            "(Concentration / 2, Concentration / 2)"
        ),
        new("Evidence/DirichletMixture", "Concentration = 100", "Concentration = 10"),
        new(
            "Evidence/LogMath",
            "u == 1 ? x\n            : double.IsInfinity(u)",
            "u == 1 ? 0\n            : double.IsInfinity(u)"
        ),
        new("Evidence/LogMath", "LogGamma(x + 1) - Math.Log(x)", "LogGamma(x + 1)"),
        new("Evidence/LogMath", "(a < 1 ? (1 - a) * Math.Log((1 - a) / (1 - b)) : 0)", "0"),
        // Thresholds, bins, sketch.
        new("Evidence/LatencyThresholds", "tau + FloorMs", "tau"),
        new("Evidence/LatencyThresholds", "(1 + margin) * tau", "tau"),
        new("Evidence/LossThresholds", "(1 + margin) * tau", "tau"),
        new("Evidence/Quantiles", "Math.Ceiling(q * sorted.Length) - 1", "Math.Floor(q * sorted.Length) - 1"),
        new("Evidence/Quantiles", "values.Count < LeastAnswers", "values.Count <= LeastAnswers"),
        new("Evidence/PredictionBins", "number > Edges[bin]", "number >= Edges[bin]"),
        new("Evidence/PredictionBins", "> FewNumbers", "> 1"),
        new("Evidence/LatencySketch", "* 2 / (Gamma + 1)", ""),
        new("Evidence/LatencySketch", "Count += other.Count;", ""),
        new("Evidence/LatencySketch", "Math.Max(1, (long)Math.Ceiling(q * Count))", "(long)(q * Count)"),
        // Units.
        new("Evidence/UnitFilter", "_seen.Count >= Capacity", "_seen.Count > Capacity"),
        new("Evidence/UnitFilter", "Overflow++;", ""),
        new("Evidence/UnitHash", "Mix((char)level, ref a, ref b);", ""),
        new("Evidence/EntitySample", "_seen.Drop(k => !Belongs((uint)(k >> 32)));", ""),
        new("Evidence/EntitySample", "UnitHash.Of(\"seen\", level, entity)", "UnitHash.Of(\"seen\", 0, entity)"),
        new("Evidence/TickCodec", "to.Write(tick.CandidateEntities);", "to.Write(tick.StableEntities);"),
        // All bins at once, noise, discoveries, stable's past.
        new("Evidence/ClassMixEProcess", "Math.Abs(_bets[y]) > _edge", "_edge >= 0"),
        new(
            "Evidence/ClassMixEProcess",
            "Math.Clamp(Math.Log(candidate / stable), -Furthest, Furthest)",
            "Math.Log(candidate / stable)"
        ),
        new("Evidence/ClassMixEProcess", "stableAll += _stable[y];", ""),
        new("Evidence/FalseDiscovery", "all - Math.Log(k)", "all"),
        new("Evidence/NoisyPaths", "_paths.Count < Capacity - 1", "_paths.Count < Capacity"),
        new("Evidence/NoisyPaths", "sum - Math.Log(paths.Count)", "sum"),
        new(
            "Evidence/FrozenReference",
            "(1 + margin) * Upper(before.Bad, before.Units)",
            "Upper(before.Bad, before.Units)"
        ),
        new("Evidence/FrozenReference", "before.Units >= LeastUnits", "before.Units > 0"),
        // The book.
        new("Gates/GateBook", "half / (gate.Critical ? critical : others)", "half"),
        new("Gates/GateBook", "> Silence.Ticks", ">= 0"),
        new("Gates/GateBook", "Math.Log(2 / Setup.Plan.Beta.Value)", "Math.Log(1 / Setup.Plan.Beta.Value)"),
        new("Gates/GateBook", "plan.Beta.Value.ToString(\"R\"),", ""),
        new("Gates/GateBook", "_split.Observe(tick);", ""),
        new("Gates/MetricEvidence", "&& bad > limit * units", "&& bad < limit * units"),
        new("Gates/MetricEvidence", "Math.Min(Math.Max(firstBad, bad), units)", "Math.Min(firstBad, units)"),
        new(
            "Gates/MetricEvidence",
            "double margin = levels ? 0 : gate.WorseBy.Value;",
            "double margin = gate.WorseBy.Value;"
        ),
        new("Gates/MetricEvidence", "ObjectiveWeight > 0 && !StableBreaksObjective", "ObjectiveWeight > 0"),
        new("Gates/MetricEvidence", "LogMath.LogSumExp(terms[..n]) - Math.Log(n)", "LogMath.LogSumExp(terms[..n])"),
        new("Gates/MetricEvidence", "double decisive = tests /", "double decisive = 1 /"),
        new("Gates/MetricEvidence", "LogMath.LogAddExp(single, _mix.LogEvidence) - Math.Log(2)", "single"),
        new("Gates/MetricEvidence", "Listed ? 1 - PairedWeight - ObjectiveWeight : 0", "Listed ? 1 : 0"),
        // Verdicts.
        new("Gates/Judgement", "Math.Log(2 / _plan.Beta.Value)", "Math.Log(1 / _plan.Beta.Value)"),
        new(
            "Gates/Judgement",
            "input.PhaseElapsed < input.PhaseLeastTime",
            "input.PhaseElapsed <= input.PhaseLeastTime"
        ),
        new(
            "Gates/Judgement",
            "input.PhaseRequests < input.PhaseLeastRequests",
            "input.PhaseRequests < input.PhaseLeastRequests - 1"
        ),
        new("Gates/Judgement", "weighted > _loudest", "weighted < _loudest"),
        new("Gates/Judgement", "metric.Gate.HoldOnly && own >= Alarm", "metric.Gate.HoldOnly && own >= 2 * Alarm"),
        new("Gates/Judgement", "if (split.Violations > 0)", "if (split.Violations > 1)"),
        new("Gates/Judgement", "input.ShadowPairs < input.LeastPairs", "input.ShadowPairs < input.LeastPairs / 2"),
        new("Gates/Judgement", "reference.LogEvidence >= Alarm", "reference.LogEvidence >= 100 * Alarm"),
        new("Gates/SplitGuard", "Alpha = 0.001", "Alpha = 0.05"),
        new("Gates/SplitGuard", "parts > 0 && parts < Foundation.Share.Whole", "parts >= 0"),
        // Forecasts and information.
        new("Gates/ProofDistance", "ratio < 1 + margin && gain > 0", "gain > 0"),
        new(
            "Gates/ProofDistance",
            "rate < limit ? LogMath.BernoulliKl(rate, limit) : 0",
            "LogMath.BernoulliKl(rate, limit)"
        ),
        new(
            "Gates/GateInformation",
            "events * LogMath.BernoulliKl(truth, edge) / share",
            "events * LogMath.BernoulliKl(truth, edge)"
        ),
        new("Gates/GateInformation", "(1 - share) / share * ", "(1 - share) * "),
        new("Gates/Forecast", "Math.Max(asked, step.For.TotalSeconds)", "step.For.TotalSeconds"),
        new("Gates/Forecast", "goal -= perSecond > 0 ? perSecond * length : 0;", ""),
        new("Gates/GateForecast", "safe - Known(metric.RelativeSafe)", "safe"),
        new("Gates/VerdictReplay", "book.Ticks < count", "book.Ticks <= count"),
    ];
}
