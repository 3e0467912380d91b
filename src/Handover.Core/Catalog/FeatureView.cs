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

    /// <summary>Who can be asked whether it is served, and how old its values are; null when only declared.</summary>
    public FeatureSource? Source { get; init; }
}

/// <summary>A field of a feature view.</summary>
/// <param name="Name">Name.</param>
/// <param name="Datatype">Open Inference datatype.</param>
public sealed record FeatureField(string Name, string Datatype)
{
    /// <summary>Values that were seen in training; null when not declared. Outside of it a model guesses.</summary>
    public ValueRange? Range { get; init; }
}

/// <summary>Who knows the state of a feature view: a closed family.</summary>
public abstract record FeatureSource
{
    private FeatureSource() { }

    /// <summary>A JSON file that the materialisation job writes.</summary>
    /// <param name="Path">Path relative to the configuration directory.</param>
    public sealed record File(string Path) : FeatureSource;

    /// <summary>A Feast-compatible online store.</summary>
    /// <param name="Url">Its base address; <c>/get-online-features</c> is appended.</param>
    /// <param name="Key">Name of the join key.</param>
    /// <param name="Probe">Keys that are asked for; an answer about them stands for all.</param>
    public sealed record Store(Uri Url, string Key, IReadOnlyList<string> Probe) : FeatureSource;
}
