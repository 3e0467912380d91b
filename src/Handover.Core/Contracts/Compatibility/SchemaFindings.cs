namespace Handover.Core.Contracts.Compatibility;

/// <summary>
/// The findings of one comparison, bounded: two documents that have nothing in common differ in thousands of places,
/// and nobody reads them all. What is not kept is counted, and a declared conflict is kept before an open question.
/// </summary>
internal sealed class SchemaFindings
{
    /// <summary>Most findings that are kept.</summary>
    public const int Most = 200;

    private readonly List<SchemaFinding> _kept = [];

    /// <summary>Those that are kept, in the order in which they were found.</summary>
    public IReadOnlyList<SchemaFinding> Kept => _kept;

    /// <summary>How many there are beyond them.</summary>
    public int More { get; private set; }

    /// <summary>How many there are.</summary>
    public int Count => _kept.Count + More;

    public void Add(SchemaFinding finding)
    {
        if (_kept.Count == Most)
        {
            More++;
            int open = finding.Declared ? _kept.FindLastIndex(f => !f.Declared) : -1;
            if (open < 0)
            {
                return;
            }

            _kept.RemoveAt(open);
        }

        _kept.Add(finding);
    }

    /// <summary>Takes over what a proof has found that was only tried.</summary>
    public void Add(SchemaFindings tried)
    {
        foreach (SchemaFinding finding in tried._kept)
        {
            Add(finding);
        }

        More += tried.More;
    }
}
