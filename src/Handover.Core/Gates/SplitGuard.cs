using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Watches that traffic is really split as configured (sample ratio mismatch, statistics.md 1.1). Every test against
/// stable rests on it. When it breaks, promotions stop and the words speak of the routing: the model is not to blame.
/// </summary>
internal sealed class SplitGuard
{
    /// <summary>Chance of a false alarm over the whole rollout.</summary>
    public const double Alpha = 0.001;

    private const int MostShares = 256;
    private readonly int[] _parts = new int[MostShares];
    private readonly long[] _candidate = new long[MostShares];
    private readonly long[] _stable = new long[MostShares];
    private int _shares;

    /// <summary>Entities that were counted.</summary>
    public (long Candidate, long Stable) Entities => (_candidate.Sum(), _stable.Sum());

    /// <summary>Entities on the candidate that the configured shares lead one to expect.</summary>
    public double Expected
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < _shares; i++)
            {
                sum += (_candidate[i] + _stable[i]) * Rho(i);
            }

            return sum;
        }
    }

    /// <summary>Answers whose release contradicts the stamp on their request.</summary>
    public long Violations { get; private set; }

    /// <summary>Log e-value against "the split is as configured": the product over the shares.</summary>
    public double LogEvidence
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < _shares; i++)
            {
                sum += DirichletMixture.LogEvidence(_candidate[i], _stable[i], Rho(i));
            }

            return sum;
        }
    }

    /// <summary>The log e-value from which the split counts as broken.</summary>
    public static double Alarm => -Math.Log(Alpha);

    public void Observe(Tick tick)
    {
        Violations += tick.Violations;
        int parts = tick.CandidateShare.Parts;
        bool drawn = parts > 0 && parts < Foundation.Share.Whole;
        if (!drawn || tick.CandidateEntities + tick.StableEntities == 0)
        {
            return;
        }

        int i = Array.IndexOf(_parts, parts, 0, _shares);
        if (i < 0)
        {
            if (_shares == MostShares)
            {
                return;
            }

            i = _shares++;
            _parts[i] = parts;
        }

        _candidate[i] += tick.CandidateEntities;
        _stable[i] += tick.StableEntities;
    }

    public void Save(StateWriter to)
    {
        to.Write(Violations);
        to.Write((long)_shares);
        for (int i = 0; i < _shares; i++)
        {
            to.Write((long)_parts[i]);
            to.Write(_candidate[i]);
            to.Write(_stable[i]);
        }
    }

    public bool Load(StateReader from)
    {
        Violations = from.ReadLong();
        _shares = (int)Math.Clamp(from.ReadLong(), 0, MostShares);
        for (int i = 0; i < _shares; i++)
        {
            _parts[i] = (int)Math.Clamp(from.ReadLong(), 1, Foundation.Share.Whole - 1);
            _candidate[i] = Math.Max(0, from.ReadLong());
            _stable[i] = Math.Max(0, from.ReadLong());
        }

        return !from.Failed;
    }

    private double Rho(int i) => (double)_parts[i] / Foundation.Share.Whole;
}
