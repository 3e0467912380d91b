namespace Handover.Core.Evidence;

/// <summary>
/// Remembers which entities have been bad, so that each counts once per metric and rollout, whichever release answered.
/// Errors come in clusters and some entities fail always; counted by request they would roll back every healthy
/// release.
/// </summary>
/// <remarks>
/// Holds two 64-bit halves of a hash per entity: two entities collide once in about 10^19 pairs. Bounded: when it is
/// full, further bad events are not counted as evidence, and <see cref="Overflow"/> says how many.
/// </remarks>
public sealed class UnitFilter
{
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>
    /// Makes a filter for at most <paramref name="capacity"/> bad (metric, level, entity) combinations.
    /// </summary>
    public UnitFilter(int capacity = 1_000_000) => Capacity = capacity;

    /// <summary>Most combinations that are kept.</summary>
    public int Capacity { get; }

    /// <summary>Combinations that are kept.</summary>
    public int Count => _seen.Count;

    /// <summary>First bad events that were not counted because the filter was full.</summary>
    public long Overflow { get; private set; }

    /// <summary>Whether the entity has already been bad: its requests are no longer units of this metric.</summary>
    public bool HasBeenBad(string metric, int level, string unit) => _seen.Contains(UnitHash.Of(metric, level, unit));

    /// <summary>
    /// Whether this bad event is the entity's first and counts. False for later ones, and when the filter is full.
    /// </summary>
    public bool FirstBad(string metric, int level, string unit)
    {
        UInt128 key = UnitHash.Of(metric, level, unit);
        if (_seen.Contains(key))
        {
            return false;
        }

        if (_seen.Count >= Capacity)
        {
            Overflow++;
            return false;
        }

        return _seen.Add(key);
    }

    /// <summary>Everything as one line of text.</summary>
    public string Save()
    {
        var to = new StateWriter();
        to.Write(Overflow);
        foreach (UInt128 key in _seen.Order())
        {
            to.Word(key.ToString("x32"));
        }

        return to.ToString();
    }

    /// <summary>Goes on from <see cref="Save"/>; null when the text is damaged.</summary>
    public static UnitFilter? Load(string saved, int capacity = 1_000_000)
    {
        var from = new StateReader(saved);
        var filter = new UnitFilter(capacity) { Overflow = from.ReadLong() };
        while (!from.AtEnd && !from.Failed)
        {
            if (!UInt128.TryParse(from.Word(), System.Globalization.NumberStyles.HexNumber, null, out UInt128 key))
            {
                return null;
            }

            filter._seen.Add(key);
        }

        return from.Failed ? null : filter;
    }
}
