using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>The declared resources, as the API needs them.</summary>
public interface ICatalogAccess
{
    /// <summary>What is declared now.</summary>
    CatalogSnapshot Snapshot { get; }

    /// <summary>Changes with every apply that changed something.</summary>
    string Revision { get; }

    /// <summary>
    /// Declares resources. With <paramref name="validateOnly"/> nothing is kept. A <c>process</c> member is refused:
    /// such commands are taken only from files in the node's own directory.
    /// </summary>
    Task<Result<ApplyResult>> ApplyAsync(
        ApplyRequest request,
        bool validateOnly,
        string actor,
        CancellationToken cancel
    );

    /// <summary>The plan of a rollout, from a document or from names.</summary>
    Result<Core.Rollouts.RolloutPlan> Plan(StartRolloutRequest request);

    /// <summary>
    /// Verdict of every consumer about the release that serves and about another one; recorded answers decide where
    /// declarations cannot.
    /// </summary>
    Task<Result<IReadOnlyList<ContractView>>> CheckContractsAsync(
        string service,
        string release,
        CancellationToken cancel
    );
}
