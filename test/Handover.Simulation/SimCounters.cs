namespace Handover.Simulation;

/// <summary>What a run went through, counted.</summary>
public sealed class SimCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<SimEvent>().Length];

    /// <summary>How often something happened.</summary>
    public long this[SimEvent what] => _counts[(int)what];

    /// <summary>What never happened.</summary>
    public IReadOnlyList<SimEvent> Unmet => [.. Enum.GetValues<SimEvent>().Where(e => this[e] == 0)];

    /// <summary>FNV-1a over everything that was noted: the same seed gives the same one.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    /// <summary>It happened.</summary>
    public void Count(SimEvent what) => _counts[(int)what]++;

    public void Note(long value) => Digest = (Digest ^ (ulong)value) * 1099511628211;

    /// <summary>Adds another run.</summary>
    public void Add(SimCounters other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Note((long)other.Digest);
    }
}
