using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Compares how often bad events happen on two releases that serve at the same time (statistics.md 1.1, after Lindon
/// and Malek, arXiv 2011.03567). Given a bad event, its release is the candidate with probability rho e^d / (1 - rho +
/// rho e^d), where d is the log of the ratio of the two rates: nothing needs to be known about the rates themselves or
/// the traffic, so bursts and daily cycles that both releases share cancel.
/// </summary>
public sealed class CountEProcess
{
    private static readonly double[] HarmRatios =
    [
        1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50,
    ];

    private static readonly double[] SafeRatios = [1.05, 1.1, 1.2, 1.5, 2, 3];

    private readonly double _nullLog;
    private readonly double[] _logRatios;
    private readonly double[] _penalties;
    private readonly Mixture _mixture;
    private double _penaltiesFor = double.NaN;

    /// <summary>
    /// Makes a process that bets against "the log of the ratio of rates lies on the far side of the null".
    /// </summary>
    /// <param name="nullLog">d0, the log of the ratio at the edge of the null hypothesis.</param>
    /// <param name="logRatios">Alternatives d_k: all above d0 or all below it.</param>
    /// <param name="weights">Prior weights of the alternatives; they sum to one.</param>
    /// <param name="restarts">Later starts; null for none.</param>
    public CountEProcess(
        double nullLog,
        ReadOnlySpan<double> logRatios,
        ReadOnlySpan<double> weights,
        RestartPlan? restarts = null
    )
    {
        Invariant.Holds(logRatios.Length == weights.Length, "each alternative has a weight");
        bool above = logRatios[0] > nullLog;
        foreach (double d in logRatios)
        {
            Invariant.Holds(above ? d > nullLog : d < nullLog, "alternatives lie on one side of the null");
        }

        _nullLog = nullLog;
        _logRatios = logRatios.ToArray();
        _penalties = new double[logRatios.Length];
        _mixture = new Mixture(weights, restarts);
    }

    /// <summary>Natural logarithm of the e-value against the null.</summary>
    public double LogEvidence => _mixture.LogEvidence;

    /// <summary>Evidence that the candidate's rate is above (1 + <paramref name="margin"/>) times stable's.</summary>
    public static CountEProcess Harm(double margin, RestartPlan? restarts) => Above(Math.Log(1 + margin), restarts);

    /// <summary>Evidence that the candidate's rate is below (1 + <paramref name="margin"/>) times stable's.</summary>
    public static CountEProcess Safe(double margin) => Below(Math.Log(1 + margin), SafeRatios, null);

    /// <summary>
    /// Evidence that the candidate's rate is below stable's divided by (1 + <paramref name="margin"/>).
    /// </summary>
    public static CountEProcess Fewer(double margin, RestartPlan? restarts) =>
        Below(-Math.Log(1 + margin), HarmRatios, restarts);

    /// <summary>
    /// Takes the first bad events of a tick. At <paramref name="rho"/> 0 or 1 there is nothing to compare with, and the
    /// evidence does not change at all.
    /// </summary>
    /// <param name="at">End of the tick.</param>
    /// <param name="rho">Routing probability of the candidate in the tick, in [0, 1].</param>
    /// <param name="candidateBad">Bad events on the candidate.</param>
    /// <param name="stableBad">Bad events on stable.</param>
    public void Observe(DateTimeOffset at, double rho, long candidateBad, long stableBad)
    {
        Invariant.Holds(candidateBad >= 0 && stableBad >= 0, "counts are not negative");
        _mixture.Restart(at);
        if (rho is <= 0 or >= 1 || candidateBad + stableBad == 0)
        {
            return;
        }

        if (rho != _penaltiesFor)
        {
            Prepare(rho);
        }

        for (int k = 0; k < _logRatios.Length; k++)
        {
            double gain = candidateBad * (_logRatios[k] - _nullLog);
            _mixture.Add(k, gain - ((candidateBad + stableBad) * _penalties[k]));
        }
    }

    internal void Save(StateWriter to) => _mixture.Save(to);

    internal bool Load(StateReader from) => _mixture.Load(from);

    private static CountEProcess Above(double nullLog, RestartPlan? restarts)
    {
        double[] points = [.. HarmRatios.Select(r => nullLog + Math.Log(r))];
        return new CountEProcess(nullLog, points, Uniform(points.Length), restarts);
    }

    private static CountEProcess Below(double nullLog, double[] ratios, RestartPlan? restarts)
    {
        double[] points = [.. ratios.Select(r => nullLog - Math.Log(r))];
        return new CountEProcess(nullLog, points, Uniform(points.Length), restarts);
    }

    private static double[] Uniform(int length) => [.. Enumerable.Repeat(1.0 / length, length)];

    private void Prepare(double rho)
    {
        double atNull = LogMath.Log1P(rho * LogMath.ExpM1(_nullLog));
        for (int k = 0; k < _logRatios.Length; k++)
        {
            _penalties[k] = LogMath.Log1P(rho * LogMath.ExpM1(_logRatios[k])) - atNull;
        }

        _penaltiesFor = rho;
    }
}
