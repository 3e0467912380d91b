using Diamonds.Load;
using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>
/// What the client saw and what the API told, by time since the load began: the source of the live view and of the
/// plots. Thread-safe; bounded by the demo's length.
/// </summary>
public sealed class Timeline(TimeProvider time)
{
    /// <summary>Length of a slice.</summary>
    public static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.5);

    private readonly Lock gate = new();
    private readonly DateTimeOffset start = time.GetUtcNow();
    private readonly SortedDictionary<(int Slice, string Release), List<double>> answers = [];
    private readonly Dictionary<string, DateTimeOffset> lastAnswers = [];
    private readonly Dictionary<string, Path> paths = [];
    private readonly List<EvidencePoint> evidence = [];
    private readonly List<(double Second, string Text)> marks = [];

    /// <summary>Seconds since the load began.</summary>
    public double Now => (time.GetUtcNow() - start).TotalSeconds;

    /// <summary>Takes note of one request.</summary>
    public void Observe(ClientRecord record)
    {
        if (record.Release is not { } release)
        {
            return;
        }

        DateTimeOffset ended = record.At + record.Latency;
        int slice = Math.Max(0, (int)((ended - start) / Slice));
        lock (gate)
        {
            if (!answers.TryGetValue((slice, release), out List<double>? latencies))
            {
                answers.Add((slice, release), latencies = []);
            }

            latencies.Add(record.Latency.TotalMilliseconds);
            lastAnswers[release] = ended;
            Path path = paths.GetValueOrDefault(record.Entity);
            paths[record.Entity] = path.Last == release ? path : new Path(release, path.Changes + 1);
        }
    }

    /// <summary>Takes note of a rollout's gates.</summary>
    public void Observe(RolloutView view)
    {
        double second = Now;
        lock (gate)
        {
            evidence.AddRange(
                view.Gates.Where(g => double.Abs(g.Threshold) < 1e6)
                    .Select(g => new EvidencePoint(second, view.Id, g.Name, g.LogEvidence, g.Threshold))
            );
        }
    }

    /// <summary>A story begins.</summary>
    public void Mark(string text)
    {
        double second = Now;
        lock (gate)
        {
            marks.Add((second, text));
        }
    }

    /// <summary>Forgets on which releases customers have been.</summary>
    public void ForgetPaths()
    {
        lock (gate)
        {
            paths.Clear();
        }
    }

    /// <summary>How many customers were seen since, by number of changes of release.</summary>
    public (int Customers, int Moved, int MovedAgain) Paths()
    {
        lock (gate)
        {
            return (paths.Count, paths.Values.Count(p => p.Changes == 2), paths.Values.Count(p => p.Changes > 2));
        }
    }

    /// <summary>When a release last answered; null when it never did.</summary>
    public DateTimeOffset? LastAnswer(string release)
    {
        lock (gate)
        {
            return lastAnswers.TryGetValue(release, out DateTimeOffset at) ? at : null;
        }
    }

    /// <summary>The answers of each slice and release, in order of time.</summary>
    public IReadOnlyList<SliceAnswers> Answers(int fromSlice = 0)
    {
        lock (gate)
        {
            return
            [
                .. answers
                    .Where(a => a.Key.Slice >= fromSlice)
                    .Select(a => new SliceAnswers(a.Key.Slice, a.Key.Release, [.. a.Value.Order()])),
            ];
        }
    }

    /// <summary>The answers of the last few seconds.</summary>
    public IReadOnlyList<SliceAnswers> Recent(double seconds) => Answers((int)((Now - seconds) / Slice.TotalSeconds));

    /// <summary>Everything that the gates said.</summary>
    public IReadOnlyList<EvidencePoint> Evidence()
    {
        lock (gate)
        {
            return [.. evidence];
        }
    }

    /// <summary>When stories began.</summary>
    public IReadOnlyList<(double Second, string Text)> Marks()
    {
        lock (gate)
        {
            return [.. marks];
        }
    }

    // The first release counts as one change: from nothing.
    private readonly record struct Path(string? Last, int Changes);
}

/// <summary>Answers of one release in one slice of time.</summary>
/// <param name="Slice">Number of the slice from the start of the load.</param>
/// <param name="Release">The release.</param>
/// <param name="LatenciesMs">Latencies in ascending order.</param>
public sealed record SliceAnswers(int Slice, string Release, IReadOnlyList<double> LatenciesMs)
{
    /// <summary>A quantile of values in ascending order; 0 of none.</summary>
    public static double Quantile(IReadOnlyList<double> ordered, double q) =>
        ordered.Count == 0 ? 0 : ordered[Math.Clamp((int)Math.Ceiling(q * ordered.Count) - 1, 0, ordered.Count - 1)];
}

/// <summary>One gate at one time.</summary>
/// <param name="Second">Seconds since the load began.</param>
/// <param name="Rollout">The rollout.</param>
/// <param name="Metric">The gate.</param>
/// <param name="LogEvidence">Natural logarithm of its e-value for harm.</param>
/// <param name="Threshold">Where harm is called.</param>
public sealed record EvidencePoint(double Second, string Rollout, string Metric, double LogEvidence, double Threshold);
