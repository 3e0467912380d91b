namespace Handover.Core.Gates;

/// <summary>What broken contracts and one-sided labels do to a verdict.</summary>
internal sealed partial class Judgement
{
    /// <summary>The rollback for a broken contract; null when nothing broke, or a person shall decide.</summary>
    private Verdict? Contract()
    {
        ContractGuard guard = book.Guards.Contract;
        MetricGate? gate = _plan.Metrics.FirstOrDefault(g => g.Name == ContractGuard.Name);
        (long candidate, long stable) = guard.Broken;
        if (guard.Checked.Candidate + guard.Checked.Stable == 0 && gate is null)
        {
            return null;
        }

        string counts =
            $"candidate {GateWords.Rate(candidate, guard.Checked.Candidate)}, "
            + $"stable {GateWords.Rate(stable, guard.Checked.Stable)} checked answers break a contract";
        bool broken = candidate > 0;

        // Unlisted, it is watched all the same; whether an automatic rollback is wanted, the plan must say.
        bool harm = broken && stable == 0 && gate is { HoldOnly: false };
        Outcome outcome =
            harm ? Outcome.RollBack
            : broken || input.Missing.Any(m => m.Name == ContractGuard.Name) ? Outcome.Hold
            : Outcome.Promote;
        long n = guard.Checked.Candidate;
        _readings.Add(new GateReading(ContractGuard.Name, outcome, 0, double.PositiveInfinity, n, counts));
        if (!broken)
        {
            return null;
        }

        string what = input.ContractFindings.Count > 0 ? $": {input.ContractFindings[0]}" : "";
        if (!harm)
        {
            string why = stable > 0 ? $", but so does {input.Stable}" : "";
            _holds.Add($"{input.Candidate} breaks a contract{why}{what}; a person must decide ({counts})");
            return null;
        }

        ReadDivergence();
        return new Verdict(
            Outcome.RollBack,
            [$"{input.Candidate} is sick in {ContractGuard.Name}{what} ({counts})", .. _holds],
            _readings
        )
        {
            Culprit = ContractGuard.Name,
            SickRelease = input.Candidate,
        };
    }

    private void ReadCoverage()
    {
        foreach (CoverageGuard guard in book.Guards.Coverage)
        {
            var (candidateLabels, candidate, stableLabels, stable) = guard.Counts;
            if (candidate + stable == 0)
            {
                continue;
            }

            double evidence = guard.LogEvidence;
            bool differs = evidence >= CoverageGuard.Alarm;
            string what = guard.Metric == "loss" ? "labels" : guard.Metric;
            string counts =
                $"candidate {GateWords.Rate(candidateLabels, candidate)}, stable {GateWords.Rate(stableLabels, stable)}";
            if (differs)
            {
                _holds.Add(
                    $"{what} do not reach both releases alike ({counts}): what is labelled is a selection, and comparing "
                        + "it says nothing; find out who chooses, or declare a longer spec.labels.window"
                );
            }

            _readings.Add(
                new GateReading(
                    $"{guard.Metric} coverage",
                    differs ? Outcome.Hold : Outcome.Promote,
                    evidence,
                    CoverageGuard.Alarm,
                    candidate,
                    $"{counts} have data"
                )
            );
        }
    }
}
