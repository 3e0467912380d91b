using System.Text;

namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// The names that a schema knows, declared or required, found by the hash that the document's reader has computed
/// already. A schema of 200 fields costs as much per field as one of two.
/// </summary>
internal sealed class PropertyTable
{
    /// <summary>No names.</summary>
    public static readonly PropertyTable Empty = new([]);

    private readonly Entry[] _slots;
    private readonly int _mask;

    public PropertyTable(IReadOnlyList<Entry> entries)
    {
        Entries = entries;
        Required = entries.Count(e => e.Required);
        int size = 1;
        while (size < entries.Count * 2)
        {
            size *= 2;
        }

        _mask = size - 1;
        _slots = new Entry[size];
        foreach (Entry entry in entries)
        {
            int at = (int)entry.Hash & _mask;
            while (_slots[at] is not null)
            {
                at = (at + 1) & _mask;
            }

            _slots[at] = entry;
        }
    }

    /// <summary>All names, in the order of the schema.</summary>
    public IReadOnlyList<Entry> Entries { get; }

    /// <summary>How many of them are required.</summary>
    public int Required { get; }

    /// <summary>What is known of a name; null when nothing.</summary>
    public Entry? Find(ulong hash, ReadOnlySpan<byte> name)
    {
        if (Entries.Count == 0)
        {
            return null;
        }

        for (int at = (int)hash & _mask; _slots[at] is { } entry; at = (at + 1) & _mask)
        {
            if (entry.Hash == hash && name.SequenceEqual(entry.Utf8))
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>What is known of a name; null when nothing.</summary>
    public Entry? Find(string name)
    {
        if (Entries.Count == 0)
        {
            return null;
        }

        Span<byte> utf8 = stackalloc byte[128];
        utf8 = Encoding.UTF8.TryGetBytes(name, utf8, out int written) ? utf8[..written] : Encoding.UTF8.GetBytes(name);
        return Find(JsonView.Hash(utf8), utf8);
    }

    /// <summary>One name.</summary>
    public sealed class Entry
    {
        public Entry(string name, SchemaNode? schema, bool required)
        {
            Name = name;
            Utf8 = Encoding.UTF8.GetBytes(name);
            Hash = JsonView.Hash(Utf8);
            Schema = schema;
            Required = required;
        }

        public string Name { get; }

        public byte[] Utf8 { get; }

        public ulong Hash { get; }

        /// <summary>The schema of its value; null when it is only required.</summary>
        public SchemaNode? Schema { get; }

        public bool Required { get; }
    }
}
