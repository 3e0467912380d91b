using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// What stands beside the weighed metrics: broken contracts, and whether labels and pushed metrics reach both releases
/// alike.
/// </summary>
internal sealed class DataGuards
{
    private readonly CoverageGuard[] _coverage;

    public DataGuards(GateSetup setup)
    {
        _coverage =
        [
            .. setup
                .Plan.Metrics.Where(g => g.Pushed || g.Name == "loss")
                .Select(g => new CoverageGuard(g.Name, setup.Restarts)),
        ];
    }

    public ContractGuard Contract { get; } = new();

    public IReadOnlyList<CoverageGuard> Coverage => _coverage;

    /// <summary>Counts for display and audit.</summary>
    public IEnumerable<GateCounts> Counts
    {
        get
        {
            if (Contract.Checked.Candidate + Contract.Checked.Stable > 0)
            {
                (long candidate, long stable) = Contract.Broken;
                (long candidateAll, long stableAll) = Contract.Checked;
                yield return new GateCounts(ContractGuard.Name, 0, candidate, candidateAll, stable, stableAll);
            }

            foreach (CoverageGuard guard in _coverage)
            {
                var (candidate, candidateAll, stable, stableAll) = guard.Counts;
                if (candidateAll + stableAll > 0)
                {
                    yield return new GateCounts(
                        guard.TickName,
                        CoverageTicks.Totals,
                        candidate,
                        candidateAll,
                        stable,
                        stableAll
                    );
                }
            }
        }
    }

    /// <summary>Takes the counts that belong to a guard; false for those of a weighed metric.</summary>
    public bool Observe(DateTimeOffset at, double rho, in MetricTick tick)
    {
        if (string.Equals(tick.Metric, ContractGuard.Name, StringComparison.Ordinal))
        {
            Contract.Observe(tick);
            return true;
        }

        foreach (CoverageGuard guard in _coverage)
        {
            if (string.Equals(tick.Metric, guard.TickName, StringComparison.Ordinal))
            {
                guard.Observe(at, rho, tick);
                return true;
            }
        }

        return false;
    }

    public void Save(StateWriter to)
    {
        Contract.Save(to);
        foreach (CoverageGuard guard in _coverage)
        {
            guard.Save(to);
        }
    }

    public bool Load(StateReader from) => Contract.Load(from) && _coverage.All(g => g.Load(from));
}
