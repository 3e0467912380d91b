using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Quantiles of latency within 1 % of the value (DDSketch: Masson, Rim and Lee, VLDB 2019). Counts of integers in fixed
/// buckets, so that merging is addition and the result does not depend on the order. For display and reports; gates
/// count against frozen thresholds.
/// </summary>
public sealed class LatencySketch
{
    /// <summary>Relative error of a quantile.</summary>
    public const double Accuracy = 0.01;

    private const double Gamma = (1 + Accuracy) / (1 - Accuracy);
    private const double LeastMs = 0.001;
    private const double MostMs = 3_600_000;
    private static readonly double LogGamma = Math.Log(Gamma);
    private static readonly int Buckets = (int)Math.Ceiling(Math.Log(MostMs / LeastMs) / LogGamma) + 1;
    private readonly long[] _counts = new long[Buckets];

    /// <summary>Answers that were taken.</summary>
    public long Count { get; private set; }

    /// <summary>Takes one latency in milliseconds; below 1 us and above 1 h it counts as these.</summary>
    public void Add(double ms, long times = 1)
    {
        Invariant.Holds(times >= 0 && !double.IsNaN(ms), "a latency is a number, taken some times");
        _counts[Bucket(ms)] += times;
        Count += times;
    }

    /// <summary>Adds another sketch.</summary>
    public void Merge(LatencySketch other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
    }

    /// <summary>
    /// The <paramref name="q"/>-quantile in milliseconds, q in [0, 1]; null when there are no answers.
    /// </summary>
    public double? Quantile(double q)
    {
        Invariant.Holds(q is >= 0 and <= 1, "a quantile lies in [0, 1]");
        if (Count == 0)
        {
            return null;
        }

        long rank = Math.Max(1, (long)Math.Ceiling(q * Count));
        long below = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            below += _counts[i];
            if (below >= rank)
            {
                // The point of the bucket from which both edges are equally far, relatively.
                return LeastMs * Math.Pow(Gamma, i) * 2 / (Gamma + 1);
            }
        }

        return Invariant.Unreachable<double>("the counts sum to Count");
    }

    /// <summary>Non-empty buckets as (index, count), for storing.</summary>
    public IReadOnlyList<(int Bucket, long Count)> ToCounts() =>
        [.. _counts.Select((count, i) => (i, count)).Where(x => x.count > 0)];

    /// <summary>
    /// A sketch from <see cref="ToCounts"/>; null when a bucket does not exist or a count is negative.
    /// </summary>
    public static LatencySketch? FromCounts(IEnumerable<(int Bucket, long Count)> counts)
    {
        var sketch = new LatencySketch();
        foreach ((int bucket, long count) in counts)
        {
            if (bucket < 0 || bucket >= Buckets || count < 0)
            {
                return null;
            }

            sketch._counts[bucket] += count;
            sketch.Count += count;
        }

        return sketch;
    }

    private static int Bucket(double ms) =>
        ms <= LeastMs ? 0 : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(ms / LeastMs) / LogGamma));
}
