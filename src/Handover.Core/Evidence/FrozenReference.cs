using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Compares the candidate after a switch with what stable did before it. There is no other arm any more, so a change of
/// the world cannot be told from a change of the release: this may ask a person to look, and never rolls back.
/// </summary>
/// <remarks>
/// Stable's rate is only an estimate. It is taken at the upper end of its interval (Wilson, one-sided 97.5 %), so that
/// what it was lucky in is not held against the candidate.
/// </remarks>
/// <param name="margin">How much worse the candidate may be, e.g. 0.2.</param>
/// <param name="restarts">When evidence of harm may start anew.</param>
public sealed class FrozenReference(double margin, RestartPlan restarts)
{
    /// <summary>Fewest units of stable that make a reference.</summary>
    public const long LeastUnits = 1_000;

    private const double Z = 1.959963984540054;
    private ObjectiveEProcess? _process;
    private long _bad;
    private long _units;

    /// <summary>Highest rate that is not held against the candidate; NaN while there is no reference.</summary>
    public double Limit { get; private set; } = double.NaN;

    /// <summary>Natural logarithm of the e-value against "the rate is at most the limit".</summary>
    public double LogEvidence => _process?.LogEvidence ?? double.NegativeInfinity;

    /// <summary>What stable did before.</summary>
    public (long Bad, long Units) Before { get; private set; }

    /// <summary>What the candidate did since.</summary>
    public (long Bad, long Units) Since => (_bad, _units);

    /// <summary>Upper end of Wilson's interval for <paramref name="bad"/> of <paramref name="units"/>.</summary>
    public static double Upper(long bad, long units)
    {
        double rate = (double)bad / units;
        double spread = Math.Sqrt((rate * (1 - rate) / units) + (Z * Z / (4.0 * units * units)));
        return (rate + (Z * Z / (2.0 * units)) + (Z * spread)) / (1 + (Z * Z / units));
    }

    /// <summary>Takes a tick in which only the candidate served; the first one freezes the reference.</summary>
    /// <param name="at">End of the tick.</param>
    /// <param name="candidateBad">First bad events on the candidate.</param>
    /// <param name="candidateUnits">Units on the candidate.</param>
    /// <param name="before">Stable's counts so far.</param>
    public void Observe(DateTimeOffset at, long candidateBad, long candidateUnits, (long Bad, long Units) before)
    {
        if (_process is null && before.Units >= LeastUnits)
        {
            Freeze(before);
        }

        _process?.Observe(at, Math.Min(candidateBad, candidateUnits), candidateUnits);
        if (_process is not null)
        {
            (_bad, _units) = (_bad + candidateBad, _units + candidateUnits);
        }
    }

    internal void Save(StateWriter to)
    {
        to.Write(Before.Bad);
        to.Write(Before.Units);
        to.Write(_bad);
        to.Write(_units);
        _process?.Save(to);
    }

    internal bool Load(StateReader from)
    {
        (long bad, long units) before = (from.ReadLong(), from.ReadLong());
        (_bad, _units) = (from.ReadLong(), from.ReadLong());
        if (before.units < LeastUnits || before.bad < 0 || before.bad > before.units)
        {
            return before is (0, 0) && !from.Failed;
        }

        Freeze(before);
        return _process?.Load(from) != false && !from.Failed;
    }

    private void Freeze((long Bad, long Units) before)
    {
        double limit = (1 + margin) * Upper(before.Bad, before.Units);
        Before = before;
        if (limit < 1)
        {
            Limit = limit;
            _process = ObjectiveEProcess.Harm(limit, restarts);
        }
    }
}
