using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Which of many hypotheses may be named (e-BH; Wang and Ramdas, JRSSB 2022): of those that it names, at most the
/// asked part is wrong on average, whatever the dependence between them and whenever one looks.
/// </summary>
public static class FalseDiscovery
{
    /// <summary>
    /// Indices of the hypotheses that are named, the strongest first (equal ones by index). Takes the largest k for
    /// which the k-th largest e-value is at least J / (k rate).
    /// </summary>
    /// <param name="logEvidence">
    /// Natural logarithms of the e-values of all J hypotheses that were looked at, not only of the interesting ones.
    /// </param>
    /// <param name="rate">Highest expected part of wrong names, in (0, 1).</param>
    public static int[] Select(ReadOnlySpan<double> logEvidence, double rate)
    {
        Invariant.Holds(rate is > 0 and < 1, "a false discovery rate lies in (0, 1)");
        int[] order = new int[logEvidence.Length];
        double[] keys = new double[logEvidence.Length];
        for (int i = 0; i < order.Length; i++)
        {
            (order[i], keys[i]) = (i, logEvidence[i]);
        }

        Array.Sort(order, (a, b) => keys[a] == keys[b] ? a.CompareTo(b) : keys[b].CompareTo(keys[a]));
        double all = Math.Log(order.Length / rate);
        for (int k = order.Length; k >= 1; k--)
        {
            if (keys[order[k - 1]] >= all - Math.Log(k))
            {
                return order[..k];
            }
        }

        return [];
    }
}
