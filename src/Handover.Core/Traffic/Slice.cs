namespace Handover.Core.Traffic;

/// <summary>
/// What a move moves: the entities whose release differs between two routing documents. Only these are held.
/// </summary>
/// <param name="From">The document before.</param>
/// <param name="To">The document after.</param>
public sealed record Slice(Routing From, Routing To)
{
    /// <summary>Whether the entity changes release (or whether either side is closed, which holds everybody).</summary>
    public bool Contains(string? entity, IReadOnlyDictionary<string, string>? attributes = null)
    {
        if (From.Closed || To.Closed)
        {
            return true;
        }

        Assigned before = Assignment.Assign(From, entity, attributes);
        Assigned after = Assignment.Assign(To, entity, attributes);
        return !string.Equals(before.Release, after.Release, StringComparison.Ordinal);
    }
}
