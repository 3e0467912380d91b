namespace Handover.Protocol;

/// <summary>Declares resources: the YAML texts, as they are in the files.</summary>
/// <param name="Files">At least one; at most 1,000 of at most 1 MiB each.</param>
public sealed record ApplyRequest(IReadOnlyList<ManifestFile> Files)
{
    /// <summary>Why, for the audit log.</summary>
    public string? Reason { get; init; }
}

/// <summary>One YAML text.</summary>
/// <param name="Path">Its path, for error messages; nothing is read from it.</param>
/// <param name="Text">The text.</param>
public sealed record ManifestFile(string Path, string Text);

/// <summary>What an apply changes (or would change).</summary>
/// <param name="Applied">Whether it was applied; false for <c>validateOnly</c> and when nothing changes.</param>
/// <param name="Changes">Creates, changes and deletes; empty when nothing changes.</param>
/// <param name="Contracts">Verdict of every consumer for each changed release or consumer.</param>
public sealed record ApplyResult(bool Applied, IReadOnlyList<ChangeView> Changes, IReadOnlyList<ContractView> Contracts)
{
    /// <summary>
    /// Whether a release would break a contract: it cannot be rolled out so. Breaking what serves now is refused.
    /// </summary>
    public bool Breaks => Contracts.Any(c => string.Equals(c.Verdict, "breaks", StringComparison.Ordinal));
}

/// <summary>One change of a resource.</summary>
/// <param name="Action"><c>create</c>, <c>change</c> or <c>delete</c>.</param>
/// <param name="Kind">E.g. <c>Release</c>.</param>
/// <param name="Name">Its name; <c>service/name</c> where names are unique within a service.</param>
/// <param name="Fields">What differs, one line each, e.g. <c>spec.stable: v1 -> v2</c>.</param>
public sealed record ChangeView(string Action, string Kind, string Name, IReadOnlyList<string> Fields);
