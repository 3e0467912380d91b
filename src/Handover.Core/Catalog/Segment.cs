namespace Handover.Core.Catalog;

/// <summary>A named rule over request attributes.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="When">Whom it covers.</param>
public sealed record Segment(string Name, Rule When);
