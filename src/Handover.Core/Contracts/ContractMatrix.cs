using Handover.Core.Catalog;
using Handover.Core.Contracts.Adapters;

namespace Handover.Core.Contracts;

/// <summary>
/// Every consumer against every live release. Both releases serve during a rollout, and a rollback must stay possible
/// after it, so a consumer that has moved to the candidate's format and can no longer read stable is found here too.
/// </summary>
public sealed record ContractMatrix
{
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
        var verdicts = new List<ContractVerdict>();
        var documents = new DocumentCompatibility();
        foreach (Consumer consumer in consumers)
        {
            verdicts.AddRange(Answers(stable, consumer, documents, recorded));
            verdicts.AddRange(MonitorRules.Check(stable, consumer));
            if (candidate is not null)
            {
                verdicts.AddRange(Answers(candidate, consumer, documents, recorded));
                verdicts.AddRange(MonitorRules.Check(candidate, consumer));
            }
        }

        if (candidate is not null)
        {
            verdicts.AddRange(Requests(stable, candidate, documents));
        }

        verdicts.Sort(Order);
        return new ContractMatrix { Verdicts = verdicts };
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
        Consumer consumer,
        DocumentCompatibility documents,
        IReadOnlyDictionary<string, IReadOnlyList<RecordedAnswer>>? recorded
    )
    {
        bool pact = consumer.Accepts.Document is { Kind: ContractDocumentKind.Pact };
        if (
            pact
            && recorded?.GetValueOrDefault(release.Name) is { } answers
            && RecordedAnswers.Judge(consumer, release, answers) is { } judged
        )
        {
            return [judged];
        }

        Signature? emits = AdaptedOutput.Of(release);
        if (!pact && (emits is null || !DocumentCompatibility.Concerns(emits, consumer.Accepts)))
        {
            return TensorCompatibility.Check(release, consumer);
        }

        var sides = new ContractSides($"release {release.Name}", $"consumer {consumer.Name}", consumer.Name, "outputs");
        return documents.Check(emits, consumer.Accepts, sides).Select(v => v with { Release = release.Name });
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
        );
        return documents.Check(stable.Input, takes, sides).Select(v => v with { Release = candidate.Name });
    }

    private IReadOnlyList<ContractVerdict> Only(ContractOutcome outcome) =>
        [.. Verdicts.Where(v => v.Outcome == outcome)];

    private static int Order(ContractVerdict a, ContractVerdict b)
    {
        int by = b.Outcome.CompareTo(a.Outcome);
        by = by != 0 ? by : string.CompareOrdinal(a.Consumer, b.Consumer);
        by = by != 0 ? by : string.CompareOrdinal(a.Release, b.Release);
        by = by != 0 ? by : string.CompareOrdinal(a.Path, b.Path);
        return by != 0 ? by : a.Rule.CompareTo(b.Rule);
    }
}
