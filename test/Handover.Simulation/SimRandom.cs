namespace Handover.Simulation;

/// <summary>
/// The one source of chance of a simulated world: SplitMix64 (Steele, Lea, Flood 2014). Written out here so that a seed
/// means the same run under every version of the runtime.
/// </summary>
public sealed class SimRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, <paramref name="below"/>).</summary>
    public int Below(int below) => (int)(((Next() >> 32) * (ulong)below) >> 32);

    /// <summary>Once in <paramref name="n"/> calls; never when n is 0.</summary>
    public bool OneIn(int n) => n > 0 && Below(n) == 0;

    /// <summary>A time in [<paramref name="from"/>, <paramref name="to"/>) µs.</summary>
    public long Between(long from, long to) => from + Below((int)(to - from));
}
