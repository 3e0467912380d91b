namespace Handover.Core.Contracts.Schemas;

/// <summary>
/// One token of a document that was read once into a flat table, so that validating walks numbers and never objects:
/// a table can be pooled, a tree can not.
/// </summary>
internal struct JsonToken
{
    /// <summary>What it is.</summary>
    public JsonKind Kind;

    /// <summary>Whether the text stands in the buffer of decoded strings instead of the document.</summary>
    public bool Decoded;

    /// <summary>First byte of the text, without quotes.</summary>
    public int Start;

    /// <summary>Bytes of the text.</summary>
    public int Length;

    /// <summary>The token after this one and everything in it.</summary>
    public int Next;

    /// <summary>Hash of the decoded text; only of names.</summary>
    public ulong Hash;

    /// <summary>Items of an array, members of an object; in the place of the hash, which only names have.</summary>
    public int Count
    {
        readonly get => (int)Hash;
        set => Hash = (ulong)value;
    }
}

/// <summary>The kinds of tokens.</summary>
internal enum JsonKind : byte
{
    Object,
    Array,
    Name,
    String,
    Number,
    True,
    False,
    Null,
}
