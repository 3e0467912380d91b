namespace Handover.Core.Divergence;

/// <summary>
/// Counts which label became which over many pairs. Immutable sums, so that counts of several gateways add up.
/// </summary>
public sealed record LabelComparison
{
    /// <summary>Nothing counted.</summary>
    public static LabelComparison Empty { get; } = new();

    /// <summary>(stable, candidate) -> pairs; at most <see cref="MostCells"/> cells.</summary>
    public IReadOnlyDictionary<(string Stable, string Candidate), long> Cells { get; private init; } =
        new Dictionary<(string, string), long>();

    /// <summary>Pairs whose labels did not fit into the cells any more; they still count as agreeing or not.</summary>
    public long Overflow { get; private init; }

    /// <summary>All pairs.</summary>
    public long Pairs { get; private init; }

    /// <summary>Pairs with the same label.</summary>
    public long Agreeing { get; private init; }

    /// <summary>Bound on the table: free text used as a label must not fill the memory.</summary>
    public const int MostCells = 4_096;

    /// <summary>Share of pairs with different labels; 0 when there are none.</summary>
    public double Disagreement => Pairs == 0 ? 0 : (double)(Pairs - Agreeing) / Pairs;

    /// <summary>
    /// Pairs in which stable said <paramref name="label"/> and the candidate did not, and the reverse.
    /// </summary>
    public (long StableOnly, long CandidateOnly) Flips(string label)
    {
        long stableOnly = 0;
        long candidateOnly = 0;
        foreach (((string stable, string candidate), long count) in Cells)
        {
            bool byStable = string.Equals(stable, label, StringComparison.Ordinal);
            bool byCandidate = string.Equals(candidate, label, StringComparison.Ordinal);
            stableOnly += byStable && !byCandidate ? count : 0;
            candidateOnly += byCandidate && !byStable ? count : 0;
        }

        return (stableOnly, candidateOnly);
    }

    /// <summary>
    /// Cohen's kappa, (po - pe) / (1 - pe): agreement beyond chance. 1 when both always say the same single label; NaN
    /// without pairs. Collapses for rare classes, so show <see cref="Disagreement"/> and <see cref="Flips"/> beside it.
    /// </summary>
    public double Kappa
    {
        get
        {
            long counted = Pairs - Overflow;
            if (counted == 0)
            {
                return double.NaN;
            }

            var stable = new Dictionary<string, double>(StringComparer.Ordinal);
            var candidate = new Dictionary<string, double>(StringComparer.Ordinal);
            double agreeing = 0;
            foreach (((string a, string b), long count) in Cells)
            {
                stable[a] = stable.GetValueOrDefault(a) + count;
                candidate[b] = candidate.GetValueOrDefault(b) + count;
                agreeing += string.Equals(a, b, StringComparison.Ordinal) ? count : 0;
            }

            double observed = agreeing / counted;
            double chance = stable.Sum(s => s.Value / counted * candidate.GetValueOrDefault(s.Key) / counted);
            return chance >= 1 ? 1 : (observed - chance) / (1 - chance);
        }
    }

    /// <summary>The counts with one more pair.</summary>
    public LabelComparison Add(string stable, string candidate) => Add([(stable, candidate)]);

    /// <summary>The counts with more pairs.</summary>
    public LabelComparison Add(IEnumerable<(string Stable, string Candidate)> pairs)
    {
        var cells = new Dictionary<(string, string), long>(Cells);
        long all = Pairs;
        long agreeing = Agreeing;
        long overflow = Overflow;
        foreach ((string Stable, string Candidate) pair in pairs)
        {
            all++;
            agreeing += string.Equals(pair.Stable, pair.Candidate, StringComparison.Ordinal) ? 1 : 0;
            if (cells.TryGetValue(pair, out long count) || cells.Count < MostCells)
            {
                cells[pair] = count + 1;
            }
            else
            {
                overflow++;
            }
        }

        return new LabelComparison
        {
            Cells = cells,
            Pairs = all,
            Agreeing = agreeing,
            Overflow = overflow,
        };
    }
}
