using Handover.Control.Resources;
using Handover.Core.Foundation;

namespace Handover.Control.Stores;

/// <summary>What applying a set would do, or did: read by people before they agree, so every field is named.</summary>
public sealed record CatalogChanges
{
    /// <summary>Nothing to do.</summary>
    public static CatalogChanges None { get; } = new();

    /// <summary>New resources.</summary>
    public IReadOnlyList<Resource> Creates { get; init; } = [];

    /// <summary>Resources whose content differs.</summary>
    public IReadOnlyList<ResourceChange> Changes { get; init; } = [];

    /// <summary>Resources that go.</summary>
    public IReadOnlyList<ResourceKey> Deletes { get; init; } = [];

    /// <summary>Resources that are as they were.</summary>
    public int Unchanged { get; init; }

    /// <summary>Why it cannot be applied; empty when it can.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>The catalogue's generation that this was planned against, or that the apply made.</summary>
    public long Generation { get; init; }

    /// <summary>Whether anything would change.</summary>
    public bool Any => Creates.Count + Changes.Count + Deletes.Count > 0;
}

/// <summary>A resource whose content differs.</summary>
/// <param name="Resource">As it would be.</param>
/// <param name="Fields">What differs, in the order of the canonical form.</param>
public sealed record ResourceChange(Resource Resource, IReadOnlyList<FieldChange> Fields);

/// <summary>One field that differs.</summary>
/// <param name="Path">E.g. <c>spec.objectives.p99</c>.</param>
/// <param name="Before">Its JSON before; null when it was absent.</param>
/// <param name="After">Its JSON after; null when it goes.</param>
public sealed record FieldChange(string Path, string? Before, string? After)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => $"{Path}: {Before ?? "(none)"} -> {After ?? "(none)"}";
}

/// <summary>Who brought a resource in; what may run commands may come only from the directory.</summary>
public enum ResourceSource
{
    /// <summary>A file in the configuration directory.</summary>
    Directory,

    /// <summary>A call of the API.</summary>
    Api,
}

/// <summary>A resource as it is stored.</summary>
/// <param name="Resource">The resource.</param>
/// <param name="Json">Its canonical form.</param>
/// <param name="Etag">Identifies the content.</param>
/// <param name="Generation">Grows by one at each change of this resource; from 1.</param>
/// <param name="Source">Where the last change came from.</param>
/// <param name="UpdatedAt">When.</param>
/// <param name="UpdatedBy">Who.</param>
public sealed record StoredResource(
    Resource Resource,
    string Json,
    string Etag,
    long Generation,
    ResourceSource Source,
    DateTimeOffset UpdatedAt,
    string UpdatedBy
);
