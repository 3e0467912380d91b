using System.Buffers.Binary;
using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Keys of entities that have been seen, with what was added since they were last kept. A million of them are 16 MB:
/// too much to write every few seconds, so only what is new goes to the disk, in pages that add up.
/// </summary>
internal sealed class SeenKeys
{
    private const int Width = 16;
    private readonly HashSet<UInt128> _all = [];
    private readonly List<UInt128> _fresh = [];
    private long _generation;
    private bool _rewritten;

    public int Count => _all.Count;

    public bool Contains(UInt128 key) => _all.Contains(key);

    /// <summary>Whether the key was not there before.</summary>
    public bool Add(UInt128 key)
    {
        bool added = _all.Add(key);
        if (added)
        {
            _fresh.Add(key);
        }

        return added;
    }

    /// <summary>Drops keys; the pages that were kept are then replaced by one new page.</summary>
    public void Drop(Predicate<UInt128> which)
    {
        _all.RemoveWhere(which);
        _fresh.Clear();
        _generation++;
        _rewritten = true;
    }

    /// <summary>What is not kept yet; null when nothing is new.</summary>
    public SeenPage? Page()
    {
        if (!_rewritten && _fresh.Count == 0)
        {
            return null;
        }

        IReadOnlyCollection<UInt128> keys = _rewritten ? _all : _fresh;
        byte[] bytes = new byte[keys.Count * Width];
        int at = 0;
        foreach (UInt128 key in keys)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(at), key);
            at += Width;
        }

        return new SeenPage(bytes, _rewritten) { Fresh = _fresh.Count, Generation = _generation };
    }

    /// <summary>A page is on disk. What came after it is still new; one from before a drop changes nothing.</summary>
    public void Kept(SeenPage page)
    {
        if (page.Generation == _generation)
        {
            _fresh.RemoveRange(0, page.Fresh);
            _rewritten = false;
        }
    }

    /// <summary>Takes back a page from the disk; false when it is cut off.</summary>
    public bool Load(ReadOnlySpan<byte> page)
    {
        for (; page.Length >= Width; page = page[Width..])
        {
            _all.Add(BinaryPrimitives.ReadUInt128BigEndian(page));
        }

        return page.IsEmpty;
    }
}

/// <summary>Keys that are to be kept.</summary>
/// <param name="Keys">The keys, 16 bytes each.</param>
/// <param name="Replaces">Whether this page stands for all pages before it; else it adds to them.</param>
public sealed record SeenPage(byte[] Keys, bool Replaces)
{
    internal int Fresh { get; init; }

    internal long Generation { get; init; }
}
