namespace Handover.Core.Evidence;

/// <summary>
/// Remembers which entities of a sample have been seen at which level, in bounded memory. When it is full the sample is
/// halved: an entity belongs to it by a hash of its own, which knows nothing of the draw or of what was answered, so
/// whatever is counted in the sample keeps its meaning.
/// </summary>
public sealed class EntitySample
{
    private readonly SeenKeys _seen = new();
    private int _halvings;

    /// <summary>Makes a sample of at most <paramref name="capacity"/> (entity, level) combinations.</summary>
    public EntitySample(int capacity) => Capacity = capacity;

    /// <summary>Most combinations that are kept.</summary>
    public int Capacity { get; }

    /// <summary>Combinations that are kept.</summary>
    public int Count => _seen.Count;

    /// <summary>One entity in 2 to this power belongs to the sample.</summary>
    public int Halvings => _halvings;

    /// <summary>Whether the entity belongs to the sample now.</summary>
    public bool Has(string entity) => Belongs(Group(entity));

    /// <summary>Whether the entity belongs to the sample and is seen at this level for the first time.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="level">Any small number, e.g. a score bin.</param>
    public bool FirstSeen(string entity, int level = 0)
    {
        uint group = Group(entity);
        if (!Belongs(group))
        {
            return false;
        }

        // The upper half decides membership, so that a key tells by itself whether a halving drops it.
        ulong key = ((ulong)group << 32) | (uint)UnitHash.Of("seen", level, entity);
        if (!_seen.Add(key))
        {
            return false;
        }

        while (_seen.Count > Capacity && _halvings < 32)
        {
            _halvings++;
            _seen.Drop(k => !Belongs((uint)(k >> 32)));
        }

        return true;
    }

    /// <summary>What is not kept yet; null when nothing is new.</summary>
    public SeenPage? Page() => _seen.Page();

    /// <summary>A page is on disk.</summary>
    public void Kept(SeenPage page) => _seen.Kept(page);

    /// <summary>Goes on from the pages that were kept; null when one is damaged.</summary>
    /// <param name="pages">All pages, in any order.</param>
    /// <param name="halvings">What <see cref="Halvings"/> was.</param>
    /// <param name="capacity">Most combinations that are kept.</param>
    public static EntitySample? Load(IEnumerable<byte[]> pages, int halvings, int capacity)
    {
        var sample = new EntitySample(capacity) { _halvings = Math.Clamp(halvings, 0, 32) };
        return pages.All(page => sample._seen.Load(page)) ? sample : null;
    }

    private static uint Group(string entity) => (uint)(UnitHash.Of("sample", 0, entity) >> 96);

    private bool Belongs(uint group) => _halvings == 0 || group >> (32 - _halvings) == 0;
}
