using Handover.Core.Catalog;

namespace Handover.Core.Contracts;

/// <summary>
/// Every consumer against every live release. Both releases serve during a rollout, and a rollback must stay possible
/// after it, so a consumer that has moved to the candidate's format and can no longer read stable is found here too.
/// </summary>
public sealed record ContractMatrix
{
    private static readonly ContractOutcome[] Worst =
    [
        ContractOutcome.Breaks,
        ContractOutcome.Undecided,
        ContractOutcome.Holds,
    ];

    /// <summary>Every finding, the worst first, then by consumer, release and path.</summary>
    public required IReadOnlyList<ContractVerdict> Verdicts { get; init; }

    /// <summary>The worst outcome; holds when there is no consumer.</summary>
    public ContractOutcome Outcome => Verdicts.Count == 0 ? ContractOutcome.Holds : Verdicts[0].Outcome;

    /// <summary>The findings that break something.</summary>
    public IReadOnlyList<ContractVerdict> Breaks => Only(ContractOutcome.Breaks);

    /// <summary>The findings that need evidence or a person.</summary>
    public IReadOnlyList<ContractVerdict> Undecided => Only(ContractOutcome.Undecided);

    /// <summary>
    /// The findings that break something and belong to one release. What the candidate breaks refuses a rollout; what
    /// stable breaks was so before, or is a consumer that moved ahead, and means that a rollback would break it.
    /// </summary>
    public IReadOnlyList<ContractVerdict> BreaksOf(string release) =>
        [.. Breaks.Where(v => string.Equals(v.Release, release, StringComparison.Ordinal))];

    /// <summary>
    /// Checks answers of both releases against every consumer, and requests of callers against the candidate.
    /// </summary>
    /// <param name="consumers">The service's consumers.</param>
    /// <param name="stable">The release that serves now.</param>
    /// <param name="candidate">The release to bring in; null checks stable alone.</param>
    /// <param name="recorded">
    /// What each release has answered, by its name, for contracts that name examples; null: those are undecided.
    /// </param>
    public static ContractMatrix Of(
        IEnumerable<Consumer> consumers,
        Release stable,
        Release? candidate,
        IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>? recorded = null
    )
    {
        Release[] live = candidate is null ? [stable] : [stable, candidate];
        var emitted = live.Select(r => (Release: r, Output: new EmittedOutput(r))).ToList();
        var documents = new DocumentCompatibility();
        var found = new Dictionary<string, List<ContractVerdict>>(StringComparer.Ordinal);
        foreach (Consumer consumer in consumers)
        {
            List<ContractVerdict> own = Of(consumer.Name);
            foreach ((Release release, EmittedOutput output) in emitted)
            {
                own.AddRange(Answers(release, output, consumer, documents, recorded));
                own.AddRange(MonitorRules.Check(release, consumer));
            }
        }

        if (candidate is not null)
        {
            Of(TensorCompatibility.Callers).AddRange(Requests(stable, candidate, documents));
        }

        return new ContractMatrix { Verdicts = Sorted(found) };

        List<ContractVerdict> Of(string consumer)
        {
            if (!found.TryGetValue(consumer, out List<ContractVerdict>? own))
            {
                found[consumer] = own = [];
            }

            return own;
        }
    }

    /// <summary>The worst outcome of one cell.</summary>
    public ContractOutcome Of(string consumer, string release)
    {
        ContractVerdict? worst = Verdicts.FirstOrDefault(v =>
            string.Equals(v.Consumer, consumer, StringComparison.Ordinal)
            && string.Equals(v.Release, release, StringComparison.Ordinal)
        );
        return worst?.Outcome ?? ContractOutcome.Holds;
    }

    private static IEnumerable<ContractVerdict> Answers(
        Release release,
        EmittedOutput output,
        Consumer consumer,
        DocumentCompatibility documents,
        IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>? recorded
    )
    {
        bool pact = consumer.Accepts.Document is { Kind: ContractDocumentKind.Pact };
        if (
            pact
            && recorded?.GetValueOrDefault(release.Name) is { } answers
            && RecordedAnswers.Judge(consumer, documents.Pact(consumer.Accepts.Document!), release, answers)
                is { } judged
        )
        {
            return [judged];
        }

        return pact || (output.Declared is { } emits && DocumentCompatibility.Concerns(emits, consumer.Accepts))
            ? documents.Check(output.Declared, consumer.Accepts, output.Toward(consumer))
            : TensorCompatibility.Check(output, consumer);
    }

    private static IEnumerable<ContractVerdict> Requests(
        Release stable,
        Release candidate,
        DocumentCompatibility documents
    )
    {
        if (candidate.Input is not { } takes || !DocumentCompatibility.Concerns(stable.Input, takes))
        {
            return TensorCompatibility.CheckRequests(stable, candidate);
        }

        var sides = new ContractSides(
            $"a request that release {stable.Name} accepts",
            $"release {candidate.Name}",
            TensorCompatibility.Callers,
            "inputs"
        )
        {
            Release = candidate.Name,
        };
        return documents.Check(stable.Input, takes, sides);
    }

    private IReadOnlyList<ContractVerdict> Only(ContractOutcome outcome) =>
        [.. Verdicts.Where(v => v.Outcome == outcome)];

    /// <summary>
    /// Each consumer's findings are sorted by themselves, and joined in the order of their names: a hundred thousand
    /// findings in one sort would cost more than finding them.
    /// </summary>
    private static List<ContractVerdict> Sorted(Dictionary<string, List<ContractVerdict>> found)
    {
        List<ContractVerdict>[] consumers = [.. found.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => c.Value)];
        foreach (List<ContractVerdict> own in consumers)
        {
            own.Sort(Order);
        }

        var all = new List<ContractVerdict>(consumers.Sum(c => c.Count));
        foreach (ContractOutcome outcome in Worst)
        {
            foreach (List<ContractVerdict> own in consumers)
            {
                all.AddRange(own.Where(v => v.Outcome == outcome));
            }
        }

        return all;
    }

    private static int Order(ContractVerdict a, ContractVerdict b)
    {
        // By their numbers: an enum that compares itself is put into a box each time.
        int by = (int)b.Outcome - (int)a.Outcome;
        by = by != 0 ? by : string.CompareOrdinal(a.Release, b.Release);
        // What says how many more there are comes after those that are listed.
        by = by != 0 ? by : (a.Rule == ContractRule.All ? 1 : 0) - (b.Rule == ContractRule.All ? 1 : 0);
        by = by != 0 ? by : string.CompareOrdinal(a.Path, b.Path);
        return by != 0 ? by : (int)a.Rule - (int)b.Rule;
    }
}
