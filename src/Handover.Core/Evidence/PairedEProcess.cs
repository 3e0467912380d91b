using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Compares two releases that answered the same requests (statistics.md 1.5). It bets on a bounded value of each pair
/// whose mean is at most zero under the null; nothing else about the requests matters, so no randomised routing is
/// needed.
/// </summary>
public sealed class PairedEProcess
{
    private static readonly double[] Edges = [0.04, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 0.9];

    private readonly double[,] _gains;
    private readonly Mixture _mixture;

    /// <summary>Values of the four kinds of pairs. Their mean is at most 0 under the null; none is below -1.</summary>
    private PairedEProcess(
        (double CandidateOnly, double StableOnly, double Both, double Neither) value,
        RestartPlan? restarts
    )
    {
        double[] values = [value.CandidateOnly, value.StableOnly, value.Both, value.Neither];
        Invariant.Holds(values.Min() >= -1, "a bet cannot lose more than everything");
        _gains = new double[Edges.Length, values.Length];
        for (int k = 0; k < Edges.Length; k++)
        {
            for (int v = 0; v < values.Length; v++)
            {
                _gains[k, v] = LogMath.Log1P(Edges[k] * values[v]);
            }
        }

        _mixture = new Mixture([.. Edges.Select(_ => 1.0 / Edges.Length)], restarts);
    }

    /// <summary>Natural logarithm of the e-value against the null.</summary>
    public double LogEvidence => _mixture.LogEvidence;

    /// <summary>
    /// Evidence that the candidate is bad more than (1 + <paramref name="margin"/>) times as often as stable. The value
    /// of a pair is (y_c - (1 + margin) y_s) / (1 + margin).
    /// </summary>
    public static PairedEProcess Harm(double margin, RestartPlan? restarts) =>
        new((1 / (1 + margin), -1, -margin / (1 + margin), 0), restarts);

    /// <summary>
    /// Evidence that the candidate is bad less than (1 + <paramref name="margin"/>) times as often as stable. The value
    /// of a pair is (1 + margin) y_s - y_c.
    /// </summary>
    public static PairedEProcess Safe(double margin) => new((-1, 1 + margin, margin, 0), null);

    /// <summary>
    /// Evidence that the candidate's rate is more than <paramref name="points"/> (0.005 is half a point) above
    /// stable's. The value of a pair is (y_c - y_s - points) / (1 + points).
    /// </summary>
    public static PairedEProcess HarmByPoints(double points, RestartPlan? restarts) =>
        new(((1 - points) / (1 + points), -1, -points / (1 + points), -points / (1 + points)), restarts);

    /// <summary>
    /// Evidence that the candidate's rate is less than <paramref name="points"/> above stable's. The value of a pair is
    /// points - (y_c - y_s).
    /// </summary>
    public static PairedEProcess SafeByPoints(double points) => new((points - 1, 1 + points, points, points), null);

    /// <summary>
    /// Takes the pairs of a tick; only those in which a release was bad move the evidence of a ratio.
    /// </summary>
    /// <param name="at">End of the tick.</param>
    /// <param name="candidateOnly">Pairs in which only the candidate was bad, or it was the worse one.</param>
    /// <param name="stableOnly">Pairs in which only stable was bad, or it was the worse one.</param>
    /// <param name="both">Pairs in which both were bad.</param>
    /// <param name="neither">Pairs in which neither was bad.</param>
    public void Observe(DateTimeOffset at, long candidateOnly, long stableOnly, long both, long neither)
    {
        Invariant.Holds(candidateOnly >= 0 && stableOnly >= 0 && both >= 0 && neither >= 0, "counts are not negative");
        _mixture.Restart(at);
        for (int k = 0; k < Edges.Length; k++)
        {
            double sum = candidateOnly * _gains[k, 0];
            sum += stableOnly * _gains[k, 1];
            sum += both * _gains[k, 2];
            sum += neither * _gains[k, 3];
            _mixture.Add(k, sum);
        }
    }

    internal void Save(StateWriter to) => _mixture.Save(to);

    internal bool Load(StateReader from) => _mixture.Load(from);
}
