using Handover.Core.Foundation;

namespace Handover.Control.Evidence;

/// <summary>
/// The recent latencies, losses and rate of one service, by release. Thread-safe. Requests wait at its lock, so
/// nothing is called and nothing is computed under it: who asks gets a copy.
/// </summary>
internal sealed class ServicePast(int capacity)
{
    private const int RateSeconds = 10;
    private const int LeastForRate = 200;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, RecentValues> _latencies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RecentValues> _losses = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Release, string Metric), RecentValues> _bad = [];
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
            Of(_bad, (release, metric)).Add(bad ? 1 : 0);
        }
    }

    /// <summary>Share of bad answers among the recent ones by metric; of those with enough of them to say.</summary>
    public IReadOnlyDictionary<string, Ratio> BadRates(string release)
    {
        lock (_gate)
        {
            return _bad.Where(b => b.Key.Release == release && b.Value.Count >= LeastForRate)
                .ToDictionary(b => b.Key.Metric, b => new Ratio(b.Value.Mean), StringComparer.Ordinal);
        }
    }

    public double? LatencyQuantile(string release, double p)
    {
        double[] sorted = Latencies(release);
        if (sorted.Length == 0)
        {
            return null;
        }

        Array.Sort(sorted);
        return sorted[(int)Math.Min(sorted.Length - 1, p * sorted.Length)];
    }

    /// <summary>The newest latencies of a release in milliseconds, in no order; infinite without an answer.</summary>
    public double[] Latencies(string release)
    {
        lock (_gate)
        {
            return Of(_latencies, release).ToArray();
        }
    }

    /// <summary>The newest losses of a release, in no order.</summary>
    public double[] Losses(string release)
    {
        lock (_gate)
        {
            return Of(_losses, release).ToArray();
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

    private RecentValues Of<TKey>(Dictionary<TKey, RecentValues> values, TKey key)
        where TKey : notnull
    {
        if (!values.TryGetValue(key, out RecentValues? recent))
        {
            values[key] = recent = new RecentValues(capacity);
        }

        return recent;
    }
}
