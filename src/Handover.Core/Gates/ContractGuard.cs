using Handover.Core.Evidence;

namespace Handover.Core.Gates;

/// <summary>
/// Counts answers that break a declared contract. No statistics: a consumer that cannot read one answer has met exactly
/// what a contract promises to keep away, so the first violation decides.
/// </summary>
internal sealed class ContractGuard
{
    /// <summary>Name of the metric.</summary>
    public const string Name = "contract";

    /// <summary>Answers that were checked.</summary>
    public (long Candidate, long Stable) Checked { get; private set; }

    /// <summary>Answers that broke a contract.</summary>
    public (long Candidate, long Stable) Broken { get; private set; }

    public void Observe(in MetricTick tick)
    {
        Checked = (Checked.Candidate + tick.CandidateUnits, Checked.Stable + tick.StableUnits);
        Broken = (Broken.Candidate + tick.CandidateBad, Broken.Stable + tick.StableBad);
    }

    public void Save(StateWriter to)
    {
        to.Write(Checked.Candidate);
        to.Write(Checked.Stable);
        to.Write(Broken.Candidate);
        to.Write(Broken.Stable);
    }

    public bool Load(StateReader from)
    {
        Checked = (from.ReadLong(), from.ReadLong());
        Broken = (from.ReadLong(), from.ReadLong());
        return !from.Failed;
    }
}
