using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Watches that labels (or a pushed metric) reach both releases alike. Where one release's answers are labelled more
/// often, what is labelled is a selection, and no comparison of it speaks of the releases (statistics.md 1.7). Whether
/// an entity's first labelled answer (and, for matured cohorts, its first unlabelled one) lies on the candidate follows
/// the draw exactly when labelling does not depend on the release; nothing is assumed about how often or when labels
/// come.
/// </summary>
internal sealed class CoverageGuard
{
    /// <summary>Chance of a false alarm over the whole rollout.</summary>
    public const double Alpha = 0.001;

    // Differences that are too small to mislead: a tenth more labels, a quarter more gaps.
    private const double LabelledMargin = 0.10;
    private const double UnlabelledMargin = 0.25;

    private readonly CountEProcess[] _up;
    private readonly CountEProcess[] _down;
    private readonly long[] _totals = new long[4];

    public CoverageGuard(string metric, RestartPlan restarts)
    {
        Metric = metric;
        TickName = CoverageTicks.Of(metric);
        double[] margins = [LabelledMargin, UnlabelledMargin];
        _up = [.. margins.Select(m => CountEProcess.Harm(m, restarts))];
        _down = [.. margins.Select(m => CountEProcess.Fewer(m, restarts))];
    }

    /// <summary>The metric whose data are watched.</summary>
    public string Metric { get; }

    /// <summary>Name of its counts in ticks.</summary>
    public string TickName { get; }

    /// <summary>The log e-value from which coverage counts as different.</summary>
    public static double Alarm => -Math.Log(Alpha);

    /// <summary>Answers and labels of each release.</summary>
    public (long CandidateLabels, long CandidateAnswers, long StableLabels, long StableAnswers) Counts =>
        (_totals[0], _totals[1], _totals[2], _totals[3]);

    /// <summary>Log e-value against "labels reach both releases alike": the mean over both classes and directions.</summary>
    public double LogEvidence
    {
        get
        {
            Span<double> terms = stackalloc double[_up.Length + _down.Length];
            for (int i = 0; i < _up.Length; i++)
            {
                terms[2 * i] = _up[i].LogEvidence;
                terms[(2 * i) + 1] = _down[i].LogEvidence;
            }

            return LogMath.LogSumExp(terms) - Math.Log(terms.Length);
        }
    }

    public void Observe(DateTimeOffset at, double rho, in MetricTick tick)
    {
        if (tick.Level == CoverageTicks.Totals)
        {
            _totals[0] += tick.CandidateBad;
            _totals[1] += tick.CandidateUnits;
            _totals[2] += tick.StableBad;
            _totals[3] += tick.StableUnits;
        }
        else if (tick.Level is CoverageTicks.Labelled or CoverageTicks.Unlabelled)
        {
            _up[tick.Level].Observe(at, rho, tick.CandidateBad, tick.StableBad);
            _down[tick.Level].Observe(at, rho, tick.CandidateBad, tick.StableBad);
        }
    }

    public void Save(StateWriter to)
    {
        foreach (long total in _totals)
        {
            to.Write(total);
        }

        foreach (CountEProcess process in _up.Concat(_down))
        {
            process.Save(to);
        }
    }

    public bool Load(StateReader from)
    {
        for (int i = 0; i < _totals.Length; i++)
        {
            _totals[i] = from.ReadLong();
        }

        return _up.Concat(_down).All(p => p.Load(from)) && !from.Failed;
    }
}
