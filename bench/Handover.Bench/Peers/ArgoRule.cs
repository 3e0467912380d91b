namespace Handover.Bench.Peers;

/// <summary>
/// Argo Rollouts' decision on one metric: a measurement fails when the value is beyond a fixed limit; more failures
/// than the failure limit abort the rollout. A baseline for comparison only.
/// </summary>
/// <param name="limit">Highest accepted rate per measurement.</param>
/// <param name="failureLimit">Failures that are tolerated.</param>
public sealed class ArgoRule(double limit, int failureLimit)
{
    private int _failed;

    /// <summary>Takes one measurement; true when the rollout is aborted.</summary>
    public bool Observe(long bad, long requests)
    {
        _failed += requests > 0 && (double)bad / requests > limit ? 1 : 0;
        return _failed > failureLimit;
    }
}
