namespace Handover.Bench.Peers;

/// <summary>
/// Flagger's decision on one metric: each interval the value is checked against a fixed limit; failed checks add up
/// over the whole rollout and never go down; at the threshold it rolls back. A baseline for comparison only.
/// </summary>
/// <param name="limit">Highest accepted rate per interval.</param>
/// <param name="threshold">Failed checks that roll back.</param>
public sealed class FlaggerRule(double limit, int threshold)
{
    private int _failed;

    /// <summary>Takes one interval; true when the rollout is rolled back. An interval without data fails.</summary>
    public bool Observe(long bad, long requests)
    {
        double rate = requests == 0 ? double.NaN : (double)bad / requests;
        _failed += rate <= limit ? 0 : 1;
        return _failed >= threshold;
    }
}
