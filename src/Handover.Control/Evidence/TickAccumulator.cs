using Handover.Core.Evidence;
using Handover.Core.Foundation;

namespace Handover.Control.Evidence;

/// <summary>
/// Counts of one rollout at one routing probability since the last tick. Ticks of different probabilities are never
/// merged. Not thread-safe; the owner locks.
/// </summary>
internal sealed class TickAccumulator(Share share)
{
    private readonly Dictionary<(string Metric, int Level), long[]> _metrics = [];
    private readonly Dictionary<string, long[]> _pairs = [];
    private long _candidate;
    private long _stable;
    private long _candidateEntities;
    private long _stableEntities;
    private long _violations;

    /// <summary>Counts a request.</summary>
    public void Request(bool candidate)
    {
        if (candidate)
        {
            _candidate++;
        }
        else
        {
            _stable++;
        }
    }

    /// <summary>Counts an entity that is seen for the first time.</summary>
    public void Entity(bool candidate)
    {
        if (candidate)
        {
            _candidateEntities++;
        }
        else
        {
            _stableEntities++;
        }
    }

    /// <summary>Counts an answer whose release contradicts its stamp.</summary>
    public void Violation() => _violations++;

    /// <summary>
    /// Counts a request: whether it is a unit (its entity was not bad before), was bad, and was the entity's first bad
    /// one.
    /// </summary>
    public void Unit(string metric, int level, bool candidate, bool unit, bool bad, bool firstBad)
    {
        long[] counts = Counts(metric, level);
        counts[candidate ? 0 : 1] += firstBad ? 1 : 0;
        counts[candidate ? 2 : 3] += unit ? 1 : 0;
        counts[candidate ? 4 : 5] += bad ? 1 : 0;
    }

    /// <summary>Counts an entity whose first answer of the rollout fell into this level.</summary>
    public void First(string metric, int level, bool candidate) => Counts(metric, level)[candidate ? 6 : 7]++;

    /// <summary>Counts a pair.</summary>
    public void Pair(string metric, bool candidateOnly, bool stableOnly, bool bothBad)
    {
        if (!_pairs.TryGetValue(metric, out long[]? counts))
        {
            _pairs[metric] = counts = new long[4];
        }

        counts[0] += candidateOnly ? 1 : 0;
        counts[1] += stableOnly ? 1 : 0;
        counts[2]++;
        counts[3] += bothBad ? 1 : 0;
    }

    /// <summary>The tick, in a fixed order so that it replays to the same bits.</summary>
    public Tick ToTick(DateTimeOffset at) =>
        new(
            at,
            share,
            _candidate,
            _stable,
            [
                .. _metrics
                    .OrderBy(m => m.Key.Metric, StringComparer.Ordinal)
                    .ThenBy(m => m.Key.Level)
                    .Select(m => new MetricTick(
                        m.Key.Metric,
                        m.Key.Level,
                        m.Value[0],
                        m.Value[1],
                        m.Value[2],
                        m.Value[3]
                    )
                    {
                        CandidateBadRequests = m.Value[4],
                        StableBadRequests = m.Value[5],
                        CandidateFirst = m.Value[6],
                        StableFirst = m.Value[7],
                    }),
            ]
        )
        {
            CandidateEntities = _candidateEntities,
            StableEntities = _stableEntities,
            Violations = _violations,
            Pairs =
            [
                .. _pairs
                    .OrderBy(p => p.Key, StringComparer.Ordinal)
                    .Select(p => new PairTick(p.Key, p.Value[0], p.Value[1], p.Value[2]) { BothBad = p.Value[3] }),
            ],
        };

    private long[] Counts(string metric, int level)
    {
        if (!_metrics.TryGetValue((metric, level), out long[]? counts))
        {
            _metrics[(metric, level)] = counts = new long[8];
        }

        return counts;
    }
}
