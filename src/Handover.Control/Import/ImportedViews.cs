using Handover.Core.Catalog;

namespace Handover.Control.Import;

/// <summary>What a feature store's registry says, in our words.</summary>
/// <param name="Views">Feature views, each with the one version that the registry tells of.</param>
/// <param name="Notes">What was not carried over, a sentence each.</param>
public sealed record ImportedViews(IReadOnlyList<FeatureView> Views, IReadOnlyList<string> Notes);
