using Handover.Core.Foundation;

namespace Handover.Control.Evidence;

/// <summary>The recent latencies, losses and rate of one service, by release. Thread-safe.</summary>
internal sealed class ServicePast(int capacity)
{
    private const int RateSeconds = 10;
    private const int LeastForRate = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, RecentValues> _latencies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecentValues> _losses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecentValues> _bad = new(StringComparer.Ordinal);
    private readonly long[] _perSecond = new long[RateSeconds];
    private readonly long[] _secondOf = new long[RateSeconds];

    public void Latency(string release, double ms, DateTimeOffset at)
    {
        lock (_gate)
        {
            Of(_latencies, release).Add(ms);
            long second = at.ToUnixTimeSeconds();
            int slot = (int)(second % RateSeconds);
            if (_secondOf[slot] != second)
            {
                (_secondOf[slot], _perSecond[slot]) = (second, 0);
            }

            _perSecond[slot]++;
        }
    }

    public void Loss(string release, double loss)
    {
        lock (_gate)
        {
            Of(_losses, release).Add(loss);
        }
    }

    public void Bad(string release, string metric, bool bad)
    {
        lock (_gate)
        {
            Of(_bad, $"{release} {metric}").Add(bad ? 1 : 0);
        }
    }

    /// <summary>Share of bad answers among the recent ones; null while there are too few to say.</summary>
    public Ratio? BadRate(string release, string metric)
    {
        lock (_gate)
        {
            RecentValues recent = Of(_bad, $"{release} {metric}");
            return recent.Count < LeastForRate ? null : new Ratio(recent.ToArray().Average());
        }
    }

    public double? LatencyQuantile(string release, double p)
    {
        lock (_gate)
        {
            return Of(_latencies, release).Quantile(p);
        }
    }

    public double Rate(DateTimeOffset now)
    {
        lock (_gate)
        {
            // The running second is not complete.
            long second = now.ToUnixTimeSeconds();
            long sum = 0;
            for (int i = 0; i < RateSeconds; i++)
            {
                sum += _secondOf[i] < second && _secondOf[i] >= second - RateSeconds + 1 ? _perSecond[i] : 0;
            }

            return (double)sum / (RateSeconds - 1);
        }
    }

    public void Freeze(string release, RolloutEvidence evidence)
    {
        lock (_gate)
        {
            evidence.Freeze(Of(_latencies, release), Of(_losses, release));
        }
    }

    private RecentValues Of(Dictionary<string, RecentValues> values, string release)
    {
        if (!values.TryGetValue(release, out RecentValues? recent))
        {
            values[release] = recent = new RecentValues(capacity);
        }

        return recent;
    }
}
