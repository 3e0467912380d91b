namespace Diamonds.Load;

/// <summary>What a run amounted to. Thread-safe while it grows; readable at any time for a live view.</summary>
public sealed class LoadSummary
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, ReleaseSummary> releases = [];
    private readonly Dictionary<string, long> failures = [];
    private long requests;
    private long failed;

    /// <summary>Requests that have ended, sent or not.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>Requests that got no 2xx answer.</summary>
    public long Failed => Interlocked.Read(ref failed);

    /// <summary>Adds one request.</summary>
    public void Add(ClientRecord record)
    {
        lock (gate)
        {
            requests++;
            if (record.Outcome != ClientOutcome.Ok)
            {
                failed++;
                string why = record.Outcome == ClientOutcome.Http ? $"http {record.Status}" : $"{record.Outcome}";
                failures[why.ToLowerInvariant()] = failures.GetValueOrDefault(why.ToLowerInvariant()) + 1;
            }

            if (record.Release is { } name)
            {
                if (!releases.TryGetValue(name, out ReleaseSummary? release))
                {
                    releases.Add(name, release = new ReleaseSummary());
                }

                release.Add(record);
            }
        }
    }

    /// <summary>A copy of the failures by kind.</summary>
    public IReadOnlyDictionary<string, long> Failures()
    {
        lock (gate)
        {
            return new Dictionary<string, long>(failures);
        }
    }

    /// <summary>A copy of the figures per release.</summary>
    public IReadOnlyDictionary<string, ReleaseFigures> Releases()
    {
        lock (gate)
        {
            return releases.ToDictionary(r => r.Key, r => r.Value.Figures());
        }
    }

    /// <summary>
    /// Latency in buckets that grow by 2 %: bounded memory, however long the run, and quantiles within 2 %.
    /// </summary>
    private sealed class ReleaseSummary
    {
        private const double Least = 0.01;
        private static readonly double Step = Math.Log(1.02);
        private readonly long[] buckets = new long[1000]; // Up to an hour.
        private double largest;
        private double error;
        private long priced;
        private long count;

        public void Add(ClientRecord record)
        {
            double ms = record.Latency.TotalMilliseconds;
            int bucket = ms <= Least ? 0 : (int)Math.Ceiling(Math.Log(ms / Least) / Step);
            buckets[Math.Min(bucket, buckets.Length - 1)]++;
            largest = Math.Max(largest, ms);
            count++;
            if (record.Price is { } price)
            {
                error += Math.Abs(price - record.Truth);
                priced++;
            }
        }

        public ReleaseFigures Figures() =>
            new(count, At(0.50), At(0.99), Math.Round(largest, 3), priced == 0 ? null : Math.Round(error / priced, 2));

        private double At(double quantile)
        {
            long rank = (long)Math.Ceiling(quantile * count);
            int bucket = 0;
            for (long seen = buckets[0]; seen < rank; seen += buckets[bucket])
            {
                bucket++;
            }

            return Math.Round(Math.Min(largest, Least * Math.Exp(bucket * Step)), 3);
        }
    }
}

/// <summary>Figures of one release, as the client measured them.</summary>
/// <param name="Requests">Answers of this release.</param>
/// <param name="LatencyMsP50">Median, from when the request was due.</param>
/// <param name="LatencyMsP99">99th percentile.</param>
/// <param name="LatencyMsMax">Largest.</param>
/// <param name="MeanAbsoluteError">
/// Mean distance of answer and truth in dollars; null when nothing was answered.
/// </param>
public sealed record ReleaseFigures(
    long Requests,
    double LatencyMsP50,
    double LatencyMsP99,
    double LatencyMsMax,
    double? MeanAbsoluteError
);
