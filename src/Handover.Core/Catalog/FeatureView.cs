namespace Handover.Core.Catalog;

/// <summary>A feature view and the versions of it that are served.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="Versions">Served versions.</param>
public sealed record FeatureView(string Name, IReadOnlyList<FeatureViewVersion> Versions);

/// <summary>One served version of a feature view.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Fields">Its fields.</param>
public sealed record FeatureViewVersion(int Version, IReadOnlyList<FeatureField> Fields)
{
    /// <summary>How old its values may be; null when unbounded.</summary>
    public TimeSpan? Freshness { get; init; }

    /// <summary>Where its state can be asked; null when only declared.</summary>
    public Uri? Url { get; init; }
}

/// <summary>A field of a feature view.</summary>
/// <param name="Name">Name.</param>
/// <param name="Datatype">Open Inference datatype.</param>
public sealed record FeatureField(string Name, string Datatype);
