namespace Handover.Protocol;

/// <summary>A feature view and the versions of it that are served.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="Versions">Served versions.</param>
public sealed record FeatureViewView(string Name, IReadOnlyList<FeatureVersionView> Versions);

/// <summary>One served version of a feature view.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Fields">Field name to datatype.</param>
public sealed record FeatureVersionView(int Version, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>How old its values may be, in seconds; null when unbounded.</summary>
    public double? FreshnessSeconds { get; init; }
}
