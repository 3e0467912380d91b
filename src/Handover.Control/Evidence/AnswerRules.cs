using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;
using Handover.Core.Divergence;

namespace Handover.Control.Evidence;

/// <summary>
/// How the answers of two declared releases are compared: one way for gates, reports and reconciliation.
/// </summary>
internal static class AnswerRules
{
    /// <summary>The tolerances; a release that is not declared any more says nothing of its outputs.</summary>
    /// <param name="catalog">Where releases are declared.</param>
    /// <param name="service">The service.</param>
    /// <param name="stable">Name of the release that is served.</param>
    /// <param name="candidate">Name of the other one.</param>
    /// <param name="plan">What the plan says, path by path.</param>
    public static Tolerances Of(
        CatalogSnapshot catalog,
        Service service,
        string stable,
        string candidate,
        IReadOnlyList<PathTolerance> plan
    )
    {
        Release? before = catalog.Releases.GetValueOrDefault((service.Name, stable));
        Release? after = catalog.Releases.GetValueOrDefault((service.Name, candidate));
        return ComparisonRules.Of(
            service.Protocol,
            before is null ? null : AdaptedOutput.Of(before),
            after is null ? null : AdaptedOutput.Of(after),
            before?.Index is { } index && after?.Index?.Space == index.Space,
            plan
        );
    }
}
