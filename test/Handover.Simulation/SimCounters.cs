namespace Handover.Simulation;

/// <summary>What a run went through: a simulation that never meets the rare states proves nothing about them.</summary>
public sealed class SimCounters
{
    public long Commits;
    public long Aborts;
    public long Resolves;
    public long PulledOutcomes;
    public long LostReplies;
    public long Dispatches;
    public long Late;

    /// <summary>FNV-1a over everything that was noted: the same seed gives the same one.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    public void Note(long value) => Digest = (Digest ^ (ulong)value) * 1099511628211;

    /// <summary>Adds another run.</summary>
    public void Add(SimCounters other)
    {
        Commits += other.Commits;
        Aborts += other.Aborts;
        Resolves += other.Resolves;
        PulledOutcomes += other.PulledOutcomes;
        LostReplies += other.LostReplies;
        Dispatches += other.Dispatches;
        Late += other.Late;
        Note((long)other.Digest);
    }
}
