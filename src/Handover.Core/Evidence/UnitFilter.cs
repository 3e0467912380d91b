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
    private readonly SeenKeys _seen = new();

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

    /// <summary>The combinations that are not kept yet; null when nothing is new.</summary>
    public SeenPage? Page() => _seen.Page();

    /// <summary>A page is on disk.</summary>
    public void Kept(SeenPage page) => _seen.Kept(page);

    /// <summary>Goes on from the pages that were kept; null when one is damaged.</summary>
    /// <param name="pages">All pages, in any order.</param>
    /// <param name="overflow">What <see cref="Overflow"/> was.</param>
    /// <param name="capacity">Most combinations that are kept.</param>
    public static UnitFilter? Load(IEnumerable<byte[]> pages, long overflow = 0, int capacity = 1_000_000)
    {
        var filter = new UnitFilter(capacity) { Overflow = overflow };
        return pages.All(page => filter._seen.Load(page)) ? filter : null;
    }
}
