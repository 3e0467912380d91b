using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Compares one release's rate of bad events with an absolute objective (statistics.md 1.1, "Absolute SLO"). It needs
/// no other release, so it is what decides at a share of 100 %, in bake, and for a service that never fails.
/// </summary>
public sealed class ObjectiveEProcess
{
    private static readonly double[] Odds = [1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 6, 10, 20, 50, 200];
    private static readonly double[] Below = [0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03];

    private readonly double[] _good;
    private readonly double[] _bad;
    private readonly Mixture _mixture;

    private ObjectiveEProcess(double limit, double[] rates, double[] weights, RestartPlan? restarts)
    {
        _good = new double[rates.Length];
        _bad = new double[rates.Length];
        for (int k = 0; k < rates.Length; k++)
        {
            _bad[k] = Math.Log(rates[k] / limit);
            _good[k] = LogMath.Log1P(-rates[k]) - LogMath.Log1P(-limit);
        }

        _mixture = new Mixture(weights, restarts);
    }

    /// <summary>Natural logarithm of the e-value against the null.</summary>
    public double LogEvidence => _mixture.LogEvidence;

    /// <summary>Evidence that the rate is above <paramref name="limit"/>, which lies in (0, 1).</summary>
    public static ObjectiveEProcess Harm(double limit, RestartPlan? restarts)
    {
        Invariant.Holds(limit is > 0 and < 1, "an objective for a rate lies in (0, 1)");
        double[] rates = [.. Odds.Select(r => limit * r / (1 - limit + (limit * r)))];
        return new ObjectiveEProcess(limit, rates, [.. rates.Select(_ => 1.0 / rates.Length)], restarts);
    }

    /// <summary>
    /// Evidence that the rate is below <paramref name="limit"/>, which lies in (0, 1). Half of the weight is on a rate
    /// of zero, since most healthy releases have no bad event at all.
    /// </summary>
    public static ObjectiveEProcess Safe(double limit)
    {
        Invariant.Holds(limit is > 0 and < 1, "an objective for a rate lies in (0, 1)");
        double[] rates = [0, .. Below.Select(f => f * limit)];
        return new ObjectiveEProcess(limit, rates, [0.5, .. Below.Select(_ => 0.5 / Below.Length)], null);
    }

    /// <summary>Takes <paramref name="bad"/> of <paramref name="units"/>.</summary>
    public void Observe(DateTimeOffset at, long bad, long units)
    {
        Invariant.Holds(bad >= 0 && bad <= units, "bad units are among the units");
        _mixture.Restart(at);
        if (units == 0)
        {
            return;
        }

        for (int k = 0; k < _good.Length; k++)
        {
            // A rate of zero is impossible after one bad event; 0 * infinity must not come up before it.
            _mixture.Add(k, (bad == 0 ? 0 : bad * _bad[k]) + ((units - bad) * _good[k]));
        }
    }

    internal void Save(StateWriter to) => _mixture.Save(to);

    internal bool Load(StateReader from) => _mixture.Load(from);
}
