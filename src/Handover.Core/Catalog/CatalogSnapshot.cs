namespace Handover.Core.Catalog;

/// <summary>
/// Everything that users have declared, validated together. Replaced whole; readers keep the one they took.
/// </summary>
public sealed record CatalogSnapshot
{
    /// <summary>Nothing declared.</summary>
    public static CatalogSnapshot Empty { get; } = new();

    /// <summary>Services by name.</summary>
    public IReadOnlyDictionary<string, Service> Services { get; init; } = new Dictionary<string, Service>();

    /// <summary>Releases by (service, release).</summary>
    public IReadOnlyDictionary<(string Service, string Release), Release> Releases { get; init; } =
        new Dictionary<(string, string), Release>();

    /// <summary>Consumers by (service, consumer).</summary>
    public IReadOnlyDictionary<(string Service, string Consumer), Consumer> Consumers { get; init; } =
        new Dictionary<(string, string), Consumer>();

    /// <summary>Feature views by name.</summary>
    public IReadOnlyDictionary<string, FeatureView> FeatureViews { get; init; } = new Dictionary<string, FeatureView>();

    /// <summary>Segments by name.</summary>
    public IReadOnlyDictionary<string, Segment> Segments { get; init; } = new Dictionary<string, Segment>();

    /// <summary>The consumers of one service.</summary>
    public IEnumerable<Consumer> ConsumersOf(string service) =>
        Consumers.Values.Where(c => string.Equals(c.Service, service, StringComparison.Ordinal));
}
