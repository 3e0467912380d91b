namespace Handover.Core.Evidence;

/// <summary>
/// Remembers which entities of a sample have been seen at which level, in bounded memory. When it is full the sample is
/// halved: an entity belongs to it by a hash of its own, which knows nothing of the draw or of what was answered, so
/// whatever is counted in the sample keeps its meaning.
/// </summary>
public sealed class EntitySample
{
    private readonly HashSet<ulong> _seen = [];
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
            _seen.RemoveWhere(k => !Belongs((uint)(k >> 32)));
        }

        return true;
    }

    /// <summary>Everything as one line of text.</summary>
    public string Save()
    {
        var to = new StateWriter();
        to.Write((long)_halvings);
        foreach (ulong key in _seen.Order())
        {
            to.Word(key.ToString("x"));
        }

        return to.ToString();
    }

    /// <summary>Goes on from <see cref="Save"/>; null when the text is damaged.</summary>
    public static EntitySample? Load(string saved, int capacity)
    {
        var from = new StateReader(saved);
        var sample = new EntitySample(capacity) { _halvings = (int)Math.Clamp(from.ReadLong(), 0, 32) };
        while (!from.AtEnd && !from.Failed)
        {
            if (!ulong.TryParse(from.Word(), System.Globalization.NumberStyles.HexNumber, null, out ulong key))
            {
                return null;
            }

            sample._seen.Add(key);
        }

        return from.Failed ? null : sample;
    }

    private static uint Group(string entity) => (uint)(UnitHash.Of("sample", 0, entity) >> 96);

    private bool Belongs(uint group) => _halvings == 0 || group >> (32 - _halvings) == 0;
}
