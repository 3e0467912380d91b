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
    private static readonly double[] HarmRatios = [1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50];

    // A broad hill around a doubling. Even weights waste a quarter of the prior on factors of ten and more, which are
    // found within a few events anyway. The bench reports every ratio from 1.25 to 5, so tuning to one shows.
    private static readonly double[] HarmWeights =
    [
        0.02,
        0.02,
        0.035,
        0.06,
        0.085,
        0.105,
        0.12,
        0.13,
        0.125,
        0.12,
        0.10,
        0.045,
        0.02,
        0.01,
        0.005,
    ];

    private static readonly double[] SafeRatios = [1.05, 1.1, 1.2, 1.5, 2, 3];

    private readonly double _nullLog;
    private readonly double[] _logRatios;
    private readonly double[] _penalties;
    private readonly Mixture _mixture;
    private readonly double _logCap;
    private double _penaltiesFor = double.NaN;

    /// <summary>
    /// Makes a process that bets against "the log of the ratio of rates lies on the far side of the null".
    /// </summary>
    /// <param name="nullLog">d0, the log of the ratio at the edge of the null hypothesis.</param>
    /// <param name="logRatios">Alternatives d_k: all above d0 or all below it.</param>
    /// <param name="weights">Prior weights of the alternatives; they sum to one.</param>
    /// <param name="restarts">Later starts; null for none.</param>
    /// <param name="logCap">
    /// Log e-value beyond which nothing more is decided, because it already decides by itself. What a tick could carry
    /// beyond it is spread over the tick's other outcomes (<see cref="OvershootBoost"/>). Infinite for none.
    /// </param>
    public CountEProcess(
        double nullLog,
        ReadOnlySpan<double> logRatios,
        ReadOnlySpan<double> weights,
        RestartPlan? restarts = null,
        double logCap = double.PositiveInfinity
    )
    {
        Invariant.Holds(logRatios.Length == weights.Length, "each alternative has a weight");
        bool above = logRatios[0] > nullLog;
        foreach (double d in logRatios)
        {
            Invariant.Holds(above ? d > nullLog : d < nullLog, "alternatives lie on one side of the null");
        }

        Invariant.Holds(above || double.IsPositiveInfinity(logCap), "only evidence of more bad events is boosted");
        _logCap = logCap;
        _nullLog = nullLog;
        _logRatios = logRatios.ToArray();
        _penalties = new double[logRatios.Length];
        _mixture = new Mixture(weights, restarts);
    }

    /// <summary>
    /// The ratios on which <see cref="Harm"/> and <see cref="Fewer"/> bet, as multiples of the margin's edge.
    /// </summary>
    public static IReadOnlyList<double> Ratios => HarmRatios;

    /// <summary>How much of the bet is on each of <see cref="Ratios"/>; they sum to one.</summary>
    public static IReadOnlyList<double> Weights => HarmWeights;

    /// <summary>Natural logarithm of the e-value against the null.</summary>
    public double LogEvidence => _mixture.LogEvidence;

    /// <summary>Evidence that the candidate's rate is above (1 + <paramref name="margin"/>) times stable's.</summary>
    public static CountEProcess Harm(double margin, RestartPlan? restarts, double logCap = double.PositiveInfinity)
    {
        double nullLog = Math.Log(1 + margin);
        double[] points = [.. HarmRatios.Select(r => nullLog + Math.Log(r))];
        return new CountEProcess(nullLog, points, HarmWeights, restarts, logCap);
    }

    /// <summary>Evidence that the candidate's rate is below (1 + <paramref name="margin"/>) times stable's.</summary>
    public static CountEProcess Safe(double margin) =>
        Below(Math.Log(1 + margin), SafeRatios, [.. SafeRatios.Select(_ => 1.0 / SafeRatios.Length)], null);

    /// <summary>
    /// Evidence that the candidate's rate is below stable's divided by (1 + <paramref name="margin"/>).
    /// </summary>
    public static CountEProcess Fewer(double margin, RestartPlan? restarts) =>
        Below(-Math.Log(1 + margin), HarmRatios, HarmWeights, restarts);

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

        long events = candidateBad + stableBad;
        double boost =
            events <= OvershootBoost.MostEvents && _logCap < double.PositiveInfinity ? Boost(rho, (int)events) : 0;
        for (int k = 0; k < _logRatios.Length; k++)
        {
            _mixture.Add(k, Increment(k, candidateBad, events));
        }

        if (boost > 0)
        {
            _mixture.Boost(boost);
        }
    }

    internal void Save(StateWriter to) => _mixture.Save(to);

    internal bool Load(StateReader from) => _mixture.Load(from);

    private static CountEProcess Below(double nullLog, double[] ratios, double[] weights, RestartPlan? restarts)
    {
        double[] points = [.. ratios.Select(r => nullLog - Math.Log(r))];
        return new CountEProcess(nullLog, points, weights, restarts);
    }

    private double Increment(int k, long candidateBad, long events) =>
        (candidateBad * (_logRatios[k] - _nullLog)) - (events * _penalties[k]);

    /// <summary>
    /// The log factor that a tick with so many events earns by not overshooting; before its data are looked at.
    /// </summary>
    private double Boost(double rho, int events)
    {
        double before = _mixture.LogEvidence;
        if (before >= _logCap || After(events, events) <= _logCap)
        {
            return 0;
        }

        Span<double> after = stackalloc double[events + 1];
        for (int c = 0; c <= events; c++)
        {
            after[c] = After(c, events);
        }

        double odds = rho * Math.Exp(_nullLog);
        return OvershootBoost.LogFactor(before, after, odds / (1 - rho + odds), _logCap);
    }

    private double After(int candidateBad, int events)
    {
        Span<double> increments = stackalloc double[_logRatios.Length];
        for (int k = 0; k < increments.Length; k++)
        {
            increments[k] = Increment(k, candidateBad, events);
        }

        return _mixture.Peek(increments);
    }

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
