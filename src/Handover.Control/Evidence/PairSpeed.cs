using Handover.Core.Evidence;
using Handover.Ports;

namespace Handover.Control.Evidence;

/// <summary>
/// How fast the two releases answered the same requests, first byte and whole answer apart: a chat that begins late and
/// one that speaks slowly are two different complaints. For people; the latency gate has thresholds of its own.
/// </summary>
internal sealed class PairSpeed
{
    private readonly LatencySketch[] _sketches = [new(), new(), new(), new()];

    /// <summary>Pairs of which both had a good answer.</summary>
    public long Pairs => _sketches[1].Count;

    /// <summary>First bytes of stable.</summary>
    public LatencySketch StableFirst => _sketches[0];

    /// <summary>Whole answers of stable.</summary>
    public LatencySketch StableWhole => _sketches[1];

    /// <summary>First bytes of the candidate.</summary>
    public LatencySketch CandidateFirst => _sketches[2];

    /// <summary>Whole answers of the candidate.</summary>
    public LatencySketch CandidateWhole => _sketches[3];

    /// <summary>Takes a pair of good answers.</summary>
    public void Add(Exchange stable, Exchange candidate)
    {
        if (stable.FirstByte is { } first && candidate.FirstByte is { } other)
        {
            StableFirst.Add(first.TotalMilliseconds);
            CandidateFirst.Add(other.TotalMilliseconds);
        }

        StableWhole.Add(stable.Latency.TotalMilliseconds);
        CandidateWhole.Add(candidate.Latency.TotalMilliseconds);
    }

    /// <summary>For storing: bucket and count by turns, for each of the four.</summary>
    public long[][] Save() =>
        [.. _sketches.Select(s => s.ToCounts().SelectMany(c => (long[])[c.Bucket, c.Count]).ToArray())];

    /// <summary>From <see cref="Save"/>; nothing when that is damaged or missing.</summary>
    public static PairSpeed Load(long[][]? saved)
    {
        var speed = new PairSpeed();
        for (int i = 0; saved?.Length == speed._sketches.Length && i < saved.Length; i++)
        {
            IEnumerable<long[]> pairs = saved[i].Chunk(2).Where(c => c.Length == 2);
            speed._sketches[i] = LatencySketch.FromCounts(pairs.Select(c => ((int)c[0], c[1]))) ?? new LatencySketch();
        }

        return speed;
    }
}
