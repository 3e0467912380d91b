using System.Globalization;
using Handover.Core.Catalog;

namespace Handover.Core.Divergence;

/// <summary>
/// How one output differs over many pairs, in the measures of what it is: confusion and kappa of labels, refusals and
/// likeness of texts, flips of probabilities, agreement of rankings. All pairs count, also those that agree. It
/// describes and tests nothing.
/// </summary>
/// <param name="path">Output name, or folded JSON pointer.</param>
/// <param name="kind">What it is.</param>
/// <param name="threshold">Where the number decides something; null when it does not.</param>
/// <param name="mostSubsequenceWork">Where ROUGE-L ends; see <see cref="MostSubsequenceWork"/>.</param>
public sealed class OutputProfile(
    string path,
    OutputKind kind,
    double? threshold = null,
    long mostSubsequenceWork = OutputProfile.MostSubsequenceWork
)
{
    /// <summary>Changes of labels that are told, the most frequent first.</summary>
    public const int MostChanges = 10;

    /// <summary>Ranks whose overlap is told.</summary>
    public const int TopRanks = 10;

    /// <summary>
    /// Work that all longest common subsequences of one output may take, in products of the lengths of both texts in
    /// words: a second or so. Without it some thousand long texts would keep the node busy for a minute.
    /// </summary>
    public const long MostSubsequenceWork = 200_000_000;

    private readonly SortedDictionary<string, (double Sum, long Count)> _means = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, (long Stable, long Candidate)> _counts = new(StringComparer.Ordinal);
    private readonly List<(string Stable, string Candidate)> _labels = [];
    private LabelComparison? _comparison;
    private long _subsequenceWork;
    private long _rouged;
    private double _rouge;

    /// <summary>Output name, or folded JSON pointer.</summary>
    public string Path => path;

    /// <summary>What it is.</summary>
    public OutputKind Kind => kind;

    /// <summary>Values that were held against each other.</summary>
    public long Values { get; private set; }

    /// <summary>
    /// The measures by name: a share in [0, 1] of stable's values and of the candidate's, or one value for the pairs.
    /// </summary>
    public IReadOnlyList<OutputMeasure> Measures =>
        [
            .. Labels(),
            .. _counts.Select(c => new OutputMeasure(c.Key, Share(c.Value.Stable), Share(c.Value.Candidate), null)),
            .. _means
                .Where(m => m.Value.Count > 0)
                .Select(m => new OutputMeasure(m.Key, null, null, m.Value.Sum / m.Value.Count)),
            .. Rouges(),
        ];

    /// <summary>Which label became which other one, the most frequent first.</summary>
    public IReadOnlyList<LabelChange> Changes =>
        [
            .. Comparison
                .Cells.Where(c => !string.Equals(c.Key.Stable, c.Key.Candidate, StringComparison.Ordinal))
                .OrderByDescending(c => c.Value)
                .ThenBy(c => c.Key.Stable, StringComparer.Ordinal)
                .ThenBy(c => c.Key.Candidate, StringComparer.Ordinal)
                .Take(MostChanges)
                .Select(c => new LabelChange(c.Key.Stable, c.Key.Candidate, c.Value)),
        ];

    /// <summary>Different pairs of labels that were met.</summary>
    public int DifferentLabels => Comparison.Cells.Count;

    private LabelComparison Comparison => _comparison ??= LabelComparison.Empty.Add(_labels);

    /// <summary>Two labels.</summary>
    public void Label(string stable, string candidate)
    {
        Values++;
        _labels.Add((stable, candidate));
        _comparison = null;
    }

    /// <summary>Two free texts.</summary>
    public void Text(string stable, string candidate)
    {
        Values++;
        TextTraits a = TextTraits.Of(stable);
        TextTraits b = TextTraits.Of(candidate);
        Count("empty", a.Empty, b.Empty);
        Count("refuses", a.Refuses, b.Refuses);
        Count("truncated", a.Truncated, b.Truncated);
        foreach (TextForm form in (TextForm[])[TextForm.Code, TextForm.Json, TextForm.List, TextForm.Prose])
        {
            Count($"form {form.ToString().ToLower(CultureInfo.InvariantCulture)}", a.Form == form, b.Form == form);
        }

        bool same = string.Equals(stable, candidate, StringComparison.Ordinal);
        Mean("same text", same ? 1 : 0);
        Mean(
            "same when normalised",
            same || TextComparison.Normalise(stable) == TextComparison.Normalise(candidate) ? 1 : 0
        );
        Mean("token F1", same ? 1 : TextComparison.TokenF1(stable, candidate));
        Rouge(stable, candidate, same);
        Mean("length, shorter by longer", TextComparison.LengthRatio(stable, candidate));
    }

    // Over the bound no further text counts, and the measure's name says of how many it is.
    private void Rouge(string stable, string candidate, bool same)
    {
        _subsequenceWork += same ? 0 : Words(stable) * Words(candidate);
        if (_subsequenceWork <= mostSubsequenceWork)
        {
            _rouged++;
            _rouge += same ? 1 : TextComparison.RougeL(stable, candidate);
        }

        // A word and what parts it from the next are two characters at least.
        static long Words(string text) => Math.Min(TextComparison.MostTokens, (text.Length / 2) + 1);
    }

    /// <summary>Two vectors of probabilities over the same classes.</summary>
    public void Probabilities(ReadOnlySpan<double> stable, ReadOnlySpan<double> candidate)
    {
        Values++;
        Count(
            "no distribution",
            !ProbabilityComparison.IsDistribution(stable),
            !ProbabilityComparison.IsDistribution(candidate)
        );
        Mean("total variation", ProbabilityComparison.TotalVariation(stable, candidate));
        Mean("Jensen-Shannon, bits", ProbabilityComparison.JensenShannon(stable, candidate));
        int a = ProbabilityComparison.Top(stable);
        int b = ProbabilityComparison.Top(candidate);
        Mean("top class changed", a == b ? 0 : 1);
        if (threshold is { } at)
        {
            // The decision is made on the most probable class: whether it is sure enough.
            Count("top at threshold", a >= 0 && stable[a] >= at, b >= 0 && candidate[b] >= at);
        }
    }

    /// <summary>Two rankings.</summary>
    public void Ranking(IReadOnlyList<string> stable, IReadOnlyList<string> candidate)
    {
        Values++;
        Mean("rank-biased overlap", RankingComparison.RankBiasedOverlap(stable, candidate));
        Mean($"overlap of the first {TopRanks}", RankingComparison.OverlapAt(stable, candidate, TopRanks));
        Mean("top item changed", First(stable) == First(candidate) ? 0 : 1);
        double tau = RankingComparison.KendallTau(stable, candidate);
        if (!double.IsNaN(tau))
        {
            Mean("Kendall's tau-b", tau);
        }
    }

    /// <summary>Two numbers that decide something at the threshold.</summary>
    public void Number(double stable, double candidate)
    {
        Values++;
        bool a = stable >= threshold;
        bool b = candidate >= threshold;
        Count("at threshold", a, b);
        Mean("crossed upwards", !a && b ? 1 : 0);
        Mean("crossed downwards", a && !b ? 1 : 0);
    }

    private IEnumerable<OutputMeasure> Labels()
    {
        if (_labels.Count == 0)
        {
            yield break;
        }

        yield return new OutputMeasure("disagreement", null, null, Comparison.Disagreement);
        if (double.IsFinite(Comparison.Kappa))
        {
            yield return new OutputMeasure("Cohen's kappa", null, null, Comparison.Kappa);
        }
    }

    private static string? First(IReadOnlyList<string> ranking) => ranking.Count == 0 ? null : ranking[0];

    private IEnumerable<OutputMeasure> Rouges()
    {
        if (_rouged > 0)
        {
            string name = _rouged == Values ? "ROUGE-L" : $"ROUGE-L of the first {_rouged}";
            yield return new OutputMeasure(name, null, null, _rouge / _rouged);
        }
    }

    private double Share(long count) => Values == 0 ? 0 : (double)count / Values;

    private void Count(string name, bool stable, bool candidate)
    {
        (long Stable, long Candidate) known = _counts.GetValueOrDefault(name);
        _counts[name] = (known.Stable + (stable ? 1 : 0), known.Candidate + (candidate ? 1 : 0));
    }

    private void Mean(string name, double value)
    {
        (double Sum, long Count) known = _means.GetValueOrDefault(name);
        _means[name] = (known.Sum + value, known.Count + 1);
    }
}

/// <summary>One measure of an output.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Stable">Share of stable's values, in [0, 1]; null for a measure of pairs.</param>
/// <param name="Candidate">Share of the candidate's values, in [0, 1]; null for a measure of pairs.</param>
/// <param name="Value">Mean over the pairs; null for a measure of each side.</param>
public sealed record OutputMeasure(string Name, double? Stable, double? Candidate, double? Value);

/// <summary>A label that became another one.</summary>
/// <param name="Stable">What stable said.</param>
/// <param name="Candidate">What the candidate said.</param>
/// <param name="Pairs">How often.</param>
public sealed record LabelChange(string Stable, string Candidate, long Pairs);
