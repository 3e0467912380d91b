using Handover.Core.Foundation;

namespace Handover.Core.Evidence;

/// <summary>
/// Tells difference from noise, path by path, when stable is not deterministic (statistics.md 4.1). A request is
/// answered by stable twice and by the candidate once. If the candidate behaves like stable, the candidate's answer and
/// stable's second one are exchangeable given the first, so each is as likely as the other to be the one that differs
/// from it: an exact paired test, whatever the noise.
/// </summary>
/// <remarks>
/// Bounded: paths beyond the capacity are counted together under <see cref="Rest"/>. Counts per path only ever add up,
/// so their order does not matter.
/// </remarks>
public sealed class NoisyPaths
{
    /// <summary>The name under which paths beyond the capacity are counted together.</summary>
    public const string Rest = "(other paths)";

    private const string Format = "paths/1";
    private readonly Dictionary<string, Path> _paths = new(StringComparer.Ordinal);

    /// <summary>Begins with no evidence.</summary>
    /// <param name="tolerated">
    /// How many more of all requests may differ than noise explains, in [0, 1): 0.005 is half a point.
    /// </param>
    /// <param name="capacity">Most paths that are told apart.</param>
    public NoisyPaths(double tolerated = 0, int capacity = 2_000)
    {
        Invariant.Holds(tolerated is >= 0 and < 1 && capacity > 0, "a tolerance is a part of the requests");
        (Tolerated, Capacity) = (tolerated, capacity);
    }

    /// <summary>How many more of all requests may differ than noise explains.</summary>
    public double Tolerated { get; }

    /// <summary>Most paths that are told apart.</summary>
    public int Capacity { get; }

    /// <summary>Paths that were counted, <see cref="Rest"/> among them.</summary>
    public int Count => _paths.Count;

    /// <summary>
    /// Takes the triples of a tick at one path. Every path that was compared belongs here, also those where nothing
    /// differed: how many there are decides what may be called a discovery.
    /// </summary>
    /// <param name="at">End of the tick.</param>
    /// <param name="path">The path, e.g. <c>/items/*/price</c>.</param>
    /// <param name="candidateOnly">Triples in which only the candidate differs from stable's first answer.</param>
    /// <param name="secondOnly">Triples in which only stable's second answer differs from its first.</param>
    /// <param name="both">Triples in which both differ from it.</param>
    /// <param name="neither">Triples in which none differs.</param>
    public void Observe(DateTimeOffset at, string path, long candidateOnly, long secondOnly, long both, long neither)
    {
        if (!_paths.TryGetValue(path, out Path? known))
        {
            string name = _paths.Count < Capacity - 1 ? path : Rest;
            if (!_paths.TryGetValue(name, out known))
            {
                _paths[name] = known = new Path(Tolerated);
            }
        }

        known.Process.Observe(at, candidateOnly, secondOnly, both, neither);
        known.Candidate += candidateOnly;
        known.Second += secondOnly;
        known.Both += both;
        known.Triples += candidateOnly + secondOnly + both + neither;
    }

    /// <summary>
    /// The paths that differ by more than noise, the strongest first, with at most <paramref name="rate"/> of them
    /// wrong on average (<see cref="FalseDiscovery"/>).
    /// </summary>
    public IReadOnlyList<NoisyPath> Differing(double rate)
    {
        NoisyPath[] all = All();
        return [.. FalseDiscovery.Select([.. all.Select(p => p.LogEvidence)], rate).Select(i => all[i])];
    }

    /// <summary>Every path with its counts, by name.</summary>
    public NoisyPath[] All() => [.. _paths.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value.As(p.Key))];

    /// <summary>
    /// Natural logarithm of the e-value against "none of these paths differs by more than noise": the mean over the
    /// paths that a person has declared important, which must be fixed beforehand. A declared path that was never seen
    /// counts as 1.
    /// </summary>
    public double Important(IReadOnlyList<string> paths)
    {
        double sum = double.NegativeInfinity;
        foreach (string path in paths)
        {
            double one = _paths.TryGetValue(path, out Path? known) ? known.Process.LogEvidence : 0;
            sum = LogMath.LogAddExp(sum, one);
        }

        return paths.Count == 0 ? 0 : sum - Math.Log(paths.Count);
    }

    /// <summary>Everything as one line of text. A path is in hexadecimal, since it may contain spaces.</summary>
    public string Save()
    {
        var to = new StateWriter();
        to.Word(Format);
        to.Write(Tolerated);
        to.Write((long)_paths.Count);
        foreach ((string name, Path path) in _paths.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            to.Word("p" + Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(name)));
            to.Write(path.Candidate);
            to.Write(path.Second);
            to.Write(path.Both);
            to.Write(path.Triples);
            path.Process.Save(to);
        }

        return to.ToString();
    }

    /// <summary>Goes on from <see cref="Save"/>; null when the text is damaged or of another tolerance.</summary>
    public static NoisyPaths? Load(string saved, double tolerated = 0, int capacity = 2_000)
    {
        var from = new StateReader(saved);
        var paths = new NoisyPaths(tolerated, capacity);
        if (from.Word() != Format || from.ReadDouble() != tolerated)
        {
            return null;
        }

        for (long left = from.ReadLong(); left > 0 && !from.Failed; left--)
        {
            if (Name(from.Word()) is not { } name || paths._paths.Count >= capacity)
            {
                return null;
            }

            var path = new Path(tolerated) { Candidate = from.ReadLong(), Second = from.ReadLong() };
            path.Both = from.ReadLong();
            path.Triples = from.ReadLong();
            if (!path.Process.Load(from) || !paths._paths.TryAdd(name, path))
            {
                return null;
            }
        }

        return from.Failed || !from.AtEnd ? null : paths;
    }

    private static string? Name(string word)
    {
        byte[] bytes = new byte[word.Length / 2];
        return
            word.StartsWith('p')
            && word.Length % 2 == 1
            && Convert.FromHexString(word.AsSpan(1), bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? System.Text.Encoding.UTF8.GetString(bytes)
            : null;
    }

    private sealed class Path(double tolerated)
    {
        public readonly PairedEProcess Process =
            tolerated > 0 ? PairedEProcess.HarmByPoints(tolerated, null) : PairedEProcess.Harm(0, null);

        public long Candidate { get; set; }

        public long Second { get; set; }

        public long Both { get; set; }

        public long Triples { get; set; }

        public NoisyPath As(string name) => new(name, Candidate, Second, Both, Triples, Process.LogEvidence);
    }
}

/// <summary>What is known of one path.</summary>
/// <param name="Name">The path.</param>
/// <param name="CandidateOnly">Triples in which only the candidate differed from stable's first answer.</param>
/// <param name="SecondOnly">Triples in which only stable's second answer did.</param>
/// <param name="Both">Triples in which both did.</param>
/// <param name="Triples">All triples.</param>
/// <param name="LogEvidence">Natural logarithm of the e-value against "no more than noise".</param>
public readonly record struct NoisyPath(
    string Name,
    long CandidateOnly,
    long SecondOnly,
    long Both,
    long Triples,
    double LogEvidence
)
{
    /// <summary>How many of all requests the candidate answers differently, noise included.</summary>
    public double Raw => Triples == 0 ? 0 : (double)(CandidateOnly + Both) / Triples;

    /// <summary>How many of all requests stable itself answers differently the second time.</summary>
    public double Noise => Triples == 0 ? 0 : (double)(SecondOnly + Both) / Triples;
}
