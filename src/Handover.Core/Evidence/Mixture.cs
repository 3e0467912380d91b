using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// The part that all e-processes share: logarithms of the bets on a grid of alternatives, their prior weights, and the
/// reserve for bets that start later. The e-value is the weighted sum; a mixture of supermartingales is one again.
/// </summary>
internal sealed class Mixture
{
    private readonly double[] _logWeights;
    private readonly double[] _logs;
    private readonly RestartPlan? _restarts;
    private int _restarted;
    private double _boost;

    public Mixture(ReadOnlySpan<double> weights, RestartPlan? restarts)
    {
        Invariant.Holds(weights.Length is > 0 and <= 64, "a mixture has 1 to 64 alternatives");
        double sum = 0;
        foreach (double w in weights)
        {
            Invariant.Holds(w > 0, "a weight is positive");
            sum += w;
        }

        Invariant.Holds(Math.Abs(sum - 1) < 1e-9, "weights sum to one");
        _logWeights = new double[weights.Length];
        for (int k = 0; k < weights.Length; k++)
        {
            _logWeights[k] = Math.Log(weights[k]);
        }

        _restarts = restarts is { Count: > 0 } ? restarts : null;
        _logs = new double[weights.Length];
        Array.Fill(_logs, _restarts is null ? 0 : Math.Log(RestartPlan.First));
    }

    public int Length => _logs.Length;

    /// <summary>Natural logarithm of the e-value.</summary>
    public double LogEvidence
    {
        get
        {
            Span<double> terms = stackalloc double[_logs.Length + 1];
            for (int k = 0; k < _logs.Length; k++)
            {
                terms[k] = _logWeights[k] + _logs[k];
            }

            terms[^1] = Reserve > 0 ? Math.Log(Reserve) : double.NegativeInfinity;
            return _boost + LogMath.LogSumExp(terms);
        }
    }

    /// <summary>What <see cref="LogEvidence"/> would be after these increments.</summary>
    public double Peek(ReadOnlySpan<double> increments)
    {
        Span<double> terms = stackalloc double[_logs.Length + 1];
        for (int k = 0; k < _logs.Length; k++)
        {
            terms[k] = _logWeights[k] + _logs[k] + increments[k];
        }

        terms[^1] = Reserve > 0 ? Math.Log(Reserve) : double.NegativeInfinity;
        return _boost + LogMath.LogSumExp(terms);
    }

    /// <summary>Multiplies everything, the reserve too, by e^<paramref name="log"/>.</summary>
    public void Boost(double log) => _boost += log;

    private double Reserve =>
        _restarts is null ? 0 : (1 - RestartPlan.First) * (_restarts.Count - _restarted) / _restarts.Count;

    /// <summary>Lets the bets start whose time has come. Called before the data of <paramref name="at"/>.</summary>
    public void Restart(DateTimeOffset at)
    {
        int due = _restarts?.Due(at) ?? 0;
        if (due <= _restarted)
        {
            return;
        }

        double before = Reserve;
        _restarted = due;
        double begun = Math.Log(before - Reserve);
        for (int k = 0; k < _logs.Length; k++)
        {
            _logs[k] = LogMath.LogAddExp(_logs[k], begun);
        }
    }

    public void Add(int k, double increment) => _logs[k] += increment;

    public void Save(StateWriter to)
    {
        to.Write(_logs.Length);
        to.Write(_restarted);
        to.Write(_boost);
        foreach (double x in _logs)
        {
            to.Write(x);
        }
    }

    public bool Load(StateReader from)
    {
        if (from.ReadLong() != _logs.Length)
        {
            return false;
        }

        _restarted = (int)from.ReadLong();
        _boost = from.ReadDouble();
        for (int k = 0; k < _logs.Length; k++)
        {
            _logs[k] = from.ReadDouble();
        }

        return !from.Failed && _restarted >= 0 && _restarted <= (_restarts?.Count ?? 0);
    }
}
