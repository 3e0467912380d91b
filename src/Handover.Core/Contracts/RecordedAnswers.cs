using Handover.Core.Catalog;
using Handover.Core.Contracts.Pacts;
using Handover.Core.Foundation;

namespace Handover.Core.Contracts;

/// <summary>
/// Judges contracts that name examples by what a release has answered: a Pact file says nothing about a declaration,
/// so recorded answers are the only thing that can decide it before the consumer finds out.
/// </summary>
internal static class RecordedAnswers
{
    /// <summary>
    /// The verdict of a consumer with a Pact file; null when no recorded request fits one of its examples. One answer
    /// that it could not have read breaks it: nothing a later answer says makes the first one readable.
    /// </summary>
    /// <param name="consumer">Who reads; its document is a Pact file.</param>
    /// <param name="pact">The file, read once for all releases.</param>
    /// <param name="release">Whose answers they are.</param>
    /// <param name="answers">What was recorded, in any order.</param>
    public static ContractVerdict? Judge(
        Consumer consumer,
        Result<PactFile> pact,
        Release release,
        IReadOnlyList<RecordedAnswer> answers
    )
    {
        ContractDocument document = consumer.Accepts.Document!;
        if (!pact.Ok)
        {
            return Verdict(ContractOutcome.Undecided, "", pact.Problems[0].Message);
        }

        int fitting = 0;
        int broken = 0;
        (string Path, string Why)? first = null;
        foreach (RecordedAnswer answer in answers)
        {
            (bool fits, (string Path, string Why)? judged) = pact.Value.Judge(
                answer.Answer.Span,
                answer.Request.Span,
                answer.Status
            );
            fitting += fits ? 1 : 0;
            if (judged is { } wrong)
            {
                broken++;
                first ??= wrong;
            }
        }

        string found = FormattableString.Invariant($"{broken} of {fitting} recorded answers");
        return fitting == 0 ? null
            : first is { } shown ? Verdict(ContractOutcome.Breaks, shown.Path, $"{found} do not match: {shown.Why}")
            : Verdict(ContractOutcome.Holds, "", FormattableString.Invariant($"all {fitting} recorded answers match"));

        ContractVerdict Verdict(ContractOutcome outcome, string path, string why) =>
            new(
                consumer.Name,
                $"/outputs{path}",
                ContractRule.Pact,
                document.File,
                null,
                outcome,
                $"release {release.Name} and {document.File} of consumer {consumer.Name}: {why}."
            )
            {
                Release = release.Name,
                Fix =
                    outcome == ContractOutcome.Breaks
                        ? $"answer {consumer.Name} as its examples say, or agree on new ones"
                        : null,
            };
    }
}

/// <summary>One request that was answered with success, as the journal has it.</summary>
/// <param name="Request">The request's body.</param>
/// <param name="Answer">The answer's body.</param>
public sealed record RecordedAnswer(ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte> Answer)
{
    /// <summary>The answer's status, 2xx.</summary>
    public int Status { get; init; } = 200;
}
