namespace Handover.Core.Catalog;

/// <summary>
/// The vector index that a release searches. A vector means something only in the space of the model that made it, so
/// the member that embeds and the index that is searched must agree on all of this.
/// </summary>
/// <param name="Name">Name of the index.</param>
/// <param name="Version">Version of the index, from 1.</param>
/// <param name="Space">The embedding model that defines the space, e.g. <c>bge-small-en-v1.5</c>.</param>
/// <param name="Dimensions">Length of a vector.</param>
/// <param name="Metric">How distance is measured.</param>
public sealed record IndexUse(string Name, int Version, string Space, int Dimensions, IndexMetric Metric)
{
    /// <summary>
    /// The member that makes vectors; its metadata must name the same space. Null when callers send vectors.
    /// </summary>
    public string? Embeds { get; init; }

    /// <summary>The member that holds the index and tells its state; null when <see cref="Url"/> does.</summary>
    public string? Searches { get; init; }

    /// <summary>Where the index's state can be read before anything starts; null when only a member knows.</summary>
    public Uri? Url { get; init; }
}

/// <summary>How distance between vectors is measured; lower case in files.</summary>
public enum IndexMetric
{
    /// <summary>One minus the cosine of the angle.</summary>
    Cosine,

    /// <summary>Euclidean distance.</summary>
    L2,

    /// <summary>Inner product; the largest is the nearest.</summary>
    Dot,
}
