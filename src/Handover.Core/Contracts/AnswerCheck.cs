using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Checks one concrete answer against what the release declares: declared means served, for every answer and not only
/// for the metadata. Extra outputs are no finding; not-a-number and infinities always are.
/// </summary>
public static class AnswerCheck
{
    /// <summary>
    /// What is wrong with the answer, at most one finding per output; empty when it keeps the declaration.
    /// </summary>
    public static IReadOnlyList<AnswerFinding> Check(TypedAnswer answer, Signature declared)
    {
        List<AnswerFinding>? findings = null;
        foreach (TensorSpec spec in declared.Tensors)
        {
            AnswerFinding? finding =
                answer.Find(spec.Name) is { } tensor ? new TensorViolation(spec).First(tensor, exact: true)
                : spec.Optional ? null
                : new AnswerFinding(spec.Name, ContractRule.Presence, $"output {spec.Name} is missing");
            if (finding is not null)
            {
                (findings ??= []).Add(finding);
            }
        }

        return findings ?? [];
    }
}

/// <summary>One thing that is wrong with an answer.</summary>
/// <param name="Output">Name of the output.</param>
/// <param name="Rule">Which rule it breaks.</param>
/// <param name="Detail">In words, with what was declared and what was found.</param>
public sealed record AnswerFinding(string Output, ContractRule Rule, string Detail)
{
    /// <summary>The offending value, for range findings.</summary>
    public double? Value { get; init; }
}
