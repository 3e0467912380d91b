namespace Handover.Core.Contracts;

/// <summary>Who writes and who reads in one comparison, so that the rules can speak of both by name.</summary>
/// <param name="Writer">In words, e.g. <c>release v2</c>.</param>
/// <param name="Reader">In words, e.g. <c>consumer quote-engine</c>.</param>
/// <param name="Consumer">Whom the finding belongs to.</param>
/// <param name="Section"><c>inputs</c> or <c>outputs</c>.</param>
internal sealed record ContractSides(string Writer, string Reader, string Consumer, string Section)
{
    /// <summary>The release that is checked; null for a bare signature.</summary>
    public string? Release { get; init; }

    /// <summary>Whether a datatype that would merely fit is not enough.</summary>
    public bool ExactDatatypes => IsRequest;

    /// <summary>Whether requests are compared.</summary>
    public bool IsRequest => string.Equals(Section, "inputs", StringComparison.Ordinal);

    /// <summary>A finding about one tensor.</summary>
    public ContractVerdict Finding(
        string tensor,
        ContractRule rule,
        string? old,
        string? now,
        ContractOutcome outcome,
        string why,
        string? fix
    )
    {
        string path = PathOf(Section, tensor);
        string pointer = rule is ContractRule.Presence or ContractRule.All ? path : $"{path}/{Name(rule)}";
        return new ContractVerdict(this, pointer, rule, old, now, outcome, why) { Fix = fix };
    }

    /// <summary>JSON pointer to a tensor.</summary>
    public static string PathOf(string section, string tensor) =>
        string.Concat("/", section, "/")
        + tensor.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>The sentence of a finding.</summary>
    /// <param name="verdict">The finding.</param>
    /// <param name="why">What is behind it.</param>
    public string Sentence(ContractVerdict verdict, string why)
    {
        string word = verdict.Outcome switch
        {
            ContractOutcome.Breaks => "breaks",
            ContractOutcome.Undecided => "is undecided for",
            _ => "holds for",
        };
        return $"{Writer} {word} {Reader} at {verdict.Path} ({Name(verdict.Rule)}): "
            + $"reader has {verdict.Old ?? "nothing"}, writer has {verdict.New ?? "nothing"}; {why}.";
    }

    private static string Name(ContractRule rule) => rule.ToString().ToLowerInvariant();
}
