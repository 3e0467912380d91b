using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>
/// What people look at when two releases disagree: where the answers differ most, examples of each place, and which
/// requests it happens to. It describes and tests nothing; slices are sorted by how much more often they differ than
/// all pairs, which with few pairs is luck, so that a slice needs a least number of them.
/// </summary>
public sealed class DivergenceSummary(Tolerances? tolerances = null)
{
    /// <summary>Examples kept per path.</summary>
    public const int MostExamples = 3;

    /// <summary>Least pairs of a slice that is told.</summary>
    public const int LeastOfSlice = 20;

    private const int MostPlaces = 2_000;

    private readonly Dictionary<(string Path, DifferenceKind Kind), Place> _places = [];
    private readonly Dictionary<string, (int Pairs, int Differ)> _slices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Pairs, int Differ)> _segments = new(StringComparer.Ordinal);

    /// <summary>Pairs that were compared.</summary>
    public int Pairs { get; private set; }

    /// <summary>Pairs that differ anywhere.</summary>
    public int Differing { get; private set; }

    /// <summary>Places and slices that were left out because there were too many.</summary>
    public int LeftOut { get; private set; }

    /// <summary>Compares one pair.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="stable">What was served.</param>
    /// <param name="candidate">What the candidate would have said.</param>
    /// <param name="slices">What the request belongs to, as <c>name=value</c>.</param>
    /// <param name="segment">The segment that the entity belongs to; null when to none.</param>
    public void Add(
        string requestId,
        Result<TypedAnswer> stable,
        Result<TypedAnswer> candidate,
        IReadOnlyCollection<string> slices,
        string? segment = null
    )
    {
        Difference difference = AnswerComparison.Compare(stable, candidate, tolerances);
        Pairs++;
        Differing += difference.Differs ? 1 : 0;
        LeftOut += difference.PathsLeftOut;
        foreach (PathDifference path in difference.Paths)
        {
            if (Find(path.Path, path.Kind) is { } place)
            {
                place.Take(requestId, path);
            }
        }

        foreach (string slice in slices.Distinct(StringComparer.Ordinal))
        {
            Count(_slices, slice, difference.Differs);
        }

        if (segment is not null)
        {
            Count(_segments, segment, difference.Differs);
        }
    }

    /// <summary>Where answers differ, the most frequent first.</summary>
    public IReadOnlyList<Place> Places =>
        [.. _places.Values.OrderByDescending(p => p.Pairs).ThenBy(p => p.Path, StringComparer.Ordinal)];

    /// <summary>Slices by how much more often they differ than all pairs do.</summary>
    public IReadOnlyList<SliceDivergence> Slices =>
        [
            .. _slices
                .Where(s => s.Value.Pairs >= LeastOfSlice)
                .Select(s => new SliceDivergence(s.Key, s.Value.Pairs, s.Value.Differ))
                .OrderByDescending(s => s.Rate)
                .ThenByDescending(s => s.Pairs)
                .ThenBy(s => s.Name, StringComparer.Ordinal),
        ];

    /// <summary>Segments by name, however few pairs they have.</summary>
    public IReadOnlyList<SliceDivergence> Segments =>
        [
            .. _segments
                .Select(s => new SliceDivergence(s.Key, s.Value.Pairs, s.Value.Differ))
                .OrderBy(s => s.Name, StringComparer.Ordinal),
        ];

    private void Count(Dictionary<string, (int Pairs, int Differ)> counts, string name, bool differs)
    {
        if (!counts.TryGetValue(name, out (int Pairs, int Differ) known) && counts.Count >= MostPlaces)
        {
            LeftOut++;
            return;
        }

        counts[name] = (known.Pairs + 1, known.Differ + (differs ? 1 : 0));
    }

    private Place? Find(string path, DifferenceKind kind)
    {
        if (_places.TryGetValue((path, kind), out Place? known))
        {
            return known;
        }

        if (_places.Count >= MostPlaces)
        {
            LeftOut++;
            return null;
        }

        return _places[(path, kind)] = new Place(path, kind);
    }

    /// <summary>One path and one kind of difference.</summary>
    /// <param name="path">The path.</param>
    /// <param name="kind">How answers differ there.</param>
    public sealed class Place(string path, DifferenceKind kind)
    {
        private readonly List<(string RequestId, PathDifference Difference)> _examples = [];
        private double _severity;

        /// <summary>The path.</summary>
        public string Path => path;

        /// <summary>How answers differ there.</summary>
        public DifferenceKind Kind => kind;

        /// <summary>Pairs that differ there.</summary>
        public int Pairs { get; private set; }

        /// <summary>Mean severity of those, in [0, 1].</summary>
        public double Severity => Pairs == 0 ? 0 : _severity / Pairs;

        /// <summary>The worst of them.</summary>
        public IReadOnlyList<(string RequestId, PathDifference Difference)> Examples => _examples;

        internal void Take(string requestId, PathDifference difference)
        {
            Pairs++;
            _severity += difference.Severity;
            _examples.Add((requestId, difference));
            _examples.Sort((a, b) => b.Difference.Severity.CompareTo(a.Difference.Severity));
            if (_examples.Count > MostExamples)
            {
                _examples.RemoveAt(MostExamples);
            }
        }
    }
}

/// <summary>How often answers differ for one kind of request.</summary>
/// <param name="Name">The kind, as <c>name=value</c>.</param>
/// <param name="Pairs">Its pairs.</param>
/// <param name="Differ">Those that differ.</param>
public sealed record SliceDivergence(string Name, int Pairs, int Differ)
{
    /// <summary>Share of its pairs that differ, in [0, 1].</summary>
    public double Rate => Pairs == 0 ? 0 : (double)Differ / Pairs;
}
