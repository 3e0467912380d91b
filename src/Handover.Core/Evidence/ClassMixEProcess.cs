using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Compares how both releases spread their answers over classes or score bins, all bins at once (statistics.md 1.6). A
/// test per bin finds a single bin that changed; a shift that is spread over many bins is small in each of them and
/// shows only in their product. Bets on each bin at the ratio seen in <em>earlier</em> ticks, so nothing needs to be
/// known in advance.
/// </summary>
/// <remarks>
/// The product over bins is exact only when each unit is counted once over all bins: an entity that is counted in two
/// bins is on the same release both times. Costs one logarithm per bin and tick, and keeps two counts per bin.
/// </remarks>
public sealed class ClassMixEProcess
{
    /// <summary>Pseudo-units per bin that pull the first bets towards "no difference".</summary>
    public const double Shrinkage = 10;

    // A bet on more than a fivefold ratio from few counts loses more than it can win.
    private static readonly double Furthest = Math.Log(5);

    private readonly double _edge;
    private readonly long[] _candidate;
    private readonly long[] _stable;
    private readonly double[] _bets;
    private double _logEvidence;

    /// <summary>Makes a test over at most <paramref name="bins"/> bins, with no evidence.</summary>
    /// <param name="margin">Each bin's share may differ by the factor 1 + margin either way.</param>
    /// <param name="bins">Most bins.</param>
    public ClassMixEProcess(double margin, int bins)
    {
        Invariant.Holds(margin >= 0 && bins > 0, "a margin is not negative, and there is a bin");
        _edge = Math.Log(1 + margin);
        _candidate = new long[bins];
        _stable = new long[bins];
        _bets = new double[bins];
    }

    /// <summary>Natural logarithm of the e-value against "no bin's share differs by more than the margin".</summary>
    public double LogEvidence => _logEvidence;

    /// <summary>
    /// Takes one tick. At <paramref name="rho"/> 0 or 1 the evidence does not change, and the counts are not learnt
    /// from: they come without their other arm.
    /// </summary>
    /// <param name="rho">Routing probability of the candidate in the tick, in [0, 1].</param>
    /// <param name="candidate">New units per bin on the candidate.</param>
    /// <param name="stable">New units per bin on stable.</param>
    public void Observe(double rho, ReadOnlySpan<long> candidate, ReadOnlySpan<long> stable)
    {
        Invariant.Holds(candidate.Length == stable.Length && candidate.Length <= _bets.Length, "the bins are known");
        if (rho is <= 0 or >= 1)
        {
            return;
        }

        Bet(rho, candidate.Length);
        for (int y = 0; y < candidate.Length; y++)
        {
            Invariant.Holds(candidate[y] >= 0 && stable[y] >= 0, "counts are not negative");
            long units = candidate[y] + stable[y];
            if (units > 0 && Math.Abs(_bets[y]) > _edge)
            {
                double edge = _bets[y] > 0 ? _edge : -_edge;
                double penalty =
                    LogMath.Log1P(rho * LogMath.ExpM1(_bets[y])) - LogMath.Log1P(rho * LogMath.ExpM1(edge));
                _logEvidence += (candidate[y] * (_bets[y] - edge)) - (units * penalty);
            }

            _candidate[y] += candidate[y];
            _stable[y] += stable[y];
        }
    }

    internal void Save(StateWriter to)
    {
        to.Write((long)_bets.Length);
        to.Write(_logEvidence);
        for (int y = 0; y < _bets.Length; y++)
        {
            to.Write(_candidate[y]);
            to.Write(_stable[y]);
        }
    }

    internal bool Load(StateReader from)
    {
        if (from.ReadLong() != _bets.Length)
        {
            return false;
        }

        _logEvidence = from.ReadDouble();
        for (int y = 0; y < _bets.Length; y++)
        {
            _candidate[y] = from.ReadLong();
            _stable[y] = from.ReadLong();
        }

        return !from.Failed && Array.TrueForAll(_candidate, n => n >= 0) && Array.TrueForAll(_stable, n => n >= 0);
    }

    /// <summary>The bets of a tick, from the ticks before it: the smoothed ratio of the bin's shares.</summary>
    private void Bet(double rho, int bins)
    {
        double candidateAll = Shrinkage * rho * bins;
        double stableAll = Shrinkage * (1 - rho) * bins;
        for (int y = 0; y < bins; y++)
        {
            candidateAll += _candidate[y];
            stableAll += _stable[y];
        }

        for (int y = 0; y < bins; y++)
        {
            double candidate = (_candidate[y] + (Shrinkage * rho)) / candidateAll;
            double stable = (_stable[y] + (Shrinkage * (1 - rho))) / stableAll;
            _bets[y] = Math.Clamp(Math.Log(candidate / stable), -Furthest, Furthest);
        }
    }
}
