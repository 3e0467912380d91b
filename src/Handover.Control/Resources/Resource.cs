using Handover.Core.Catalog;
using Handover.Core.Rollouts;

namespace Handover.Control.Resources;

/// <summary>
/// One declared thing with the place it was declared at: what files and the API hand over to the catalogue.
/// </summary>
/// <param name="Key">Who it is.</param>
public abstract record Resource(ResourceKey Key)
{
    /// <summary>The file it came from; null when it came from no file.</summary>
    public string? File { get; init; }

    /// <summary>Line of its document, from 1; 0 when unknown.</summary>
    public int Line { get; init; }

    /// <summary>A <see cref="Core.Catalog.Service"/>.</summary>
    public sealed record OfService(Service Value) : Resource(new ResourceKey(ResourceKind.Service, null, Value.Name));

    /// <summary>A <see cref="Core.Catalog.Release"/>.</summary>
    public sealed record OfRelease(Release Value)
        : Resource(new ResourceKey(ResourceKind.Release, Value.Service, Value.Name));

    /// <summary>A <see cref="Core.Catalog.Consumer"/>.</summary>
    public sealed record OfConsumer(Consumer Value)
        : Resource(new ResourceKey(ResourceKind.Consumer, Value.Service, Value.Name));

    /// <summary>A <see cref="Core.Catalog.FeatureView"/>.</summary>
    public sealed record OfFeatureView(FeatureView Value)
        : Resource(new ResourceKey(ResourceKind.FeatureView, null, Value.Name));

    /// <summary>A <see cref="Core.Catalog.Segment"/>.</summary>
    public sealed record OfSegment(Segment Value) : Resource(new ResourceKey(ResourceKind.Segment, null, Value.Name));

    /// <summary>A <see cref="RolloutPlan"/>.</summary>
    public sealed record OfRollout(RolloutPlan Value)
        : Resource(new ResourceKey(ResourceKind.Rollout, Value.Service, Value.Name));
}

/// <summary>
/// The name of a resource: releases and consumers are unique within their service, the rest among their kind.
/// </summary>
/// <param name="Kind">The kind.</param>
/// <param name="Service">The service it belongs to; null for kinds that belong to none.</param>
/// <param name="Name">Its name.</param>
public sealed record ResourceKey(ResourceKind Kind, string? Service, string Name)
{
    /// <summary>
    /// What must be unique. A plan's name alone is, for a rollout is addressed as <c>NAME.N</c> without its service.
    /// </summary>
    public string Id =>
        Kind is ResourceKind.Release or ResourceKind.Consumer ? $"{Kind}/{Service}/{Name}" : $"{Kind}/{Name}";

    /// <summary>For people: <c>Release diamond-price/v2</c>.</summary>
    public override string ToString() => Service is null ? $"{Kind} {Name}" : $"{Kind} {Service}/{Name}";
}

/// <summary>The kinds, in the order in which they are applied.</summary>
public enum ResourceKind
{
    /// <summary>A model endpoint.</summary>
    Service,

    /// <summary>A bundle that moves as one.</summary>
    Release,

    /// <summary>A reader of the output.</summary>
    Consumer,

    /// <summary>Features and their versions.</summary>
    FeatureView,

    /// <summary>A rule over attributes.</summary>
    Segment,

    /// <summary>A plan.</summary>
    Rollout,
}
