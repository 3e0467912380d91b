namespace Handover.Core.Contracts;

/// <summary>Who writes and who reads in one comparison, so that the rules can speak of both by name.</summary>
/// <param name="Writer">In words, e.g. <c>release v2</c>.</param>
/// <param name="Reader">In words, e.g. <c>consumer quote-engine</c>.</param>
/// <param name="Consumer">Whom the finding belongs to.</param>
/// <param name="Section"><c>inputs</c> or <c>outputs</c>.</param>
internal sealed record ContractSides(string Writer, string Reader, string Consumer, string Section)
{
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
        string name = rule.ToString().ToLowerInvariant();
        string path =
            $"/{Section}/"
            + tensor.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
        string pointer = rule is ContractRule.Presence or ContractRule.All ? path : $"{path}/{name}";
        string word = outcome switch
        {
            ContractOutcome.Breaks => "breaks",
            ContractOutcome.Undecided => "is undecided for",
            _ => "holds for",
        };
        string detail =
            $"{Writer} {word} {Reader} at {pointer} ({name}): reader has {old ?? "nothing"}, "
            + $"writer has {now ?? "nothing"}; {why}.";
        return new ContractVerdict(Consumer, pointer, rule, old, now, outcome, detail) { Fix = fix };
    }
}
