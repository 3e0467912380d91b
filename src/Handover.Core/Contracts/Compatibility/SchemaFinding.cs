namespace Handover.Core.Contracts.Compatibility;

/// <summary>One place where the proof that a reader accepts everything a writer may emit did not go through.</summary>
/// <param name="Path">Names and places down to the value.</param>
/// <param name="Rule">Which rule.</param>
/// <param name="Old">What the reader relies on.</param>
/// <param name="New">What the writer declares; null when nothing.</param>
/// <param name="Declared">
/// Whether the writer declares the aspect: a declared conflict breaks, an undeclared one is undecided.
/// </param>
/// <param name="Why">In words.</param>
/// <param name="Fix">What would repair or decide it.</param>
internal sealed record SchemaFinding(
    IReadOnlyList<PathStep> Path,
    ContractRule Rule,
    string? Old,
    string? New,
    bool Declared,
    string Why,
    string Fix
)
{
    /// <summary>JSON texts to try as the value at the path, beyond the usual ones.</summary>
    public IReadOnlyList<string> Tries { get; init; } = [];

    /// <summary>A member to add to the object at the path, with the schemas of its value.</summary>
    public (string Name, SchemaFacts Facts)? Extra { get; init; }

    /// <summary>Whether it is about meaning, which no document can show.</summary>
    public bool OfMeaning { get; init; }
}

/// <summary>One step down: a member by name, or an item by place.</summary>
/// <param name="Name">The member; null for an item.</param>
/// <param name="Item">The place of an item.</param>
internal readonly record struct PathStep(string? Name, int Item);
