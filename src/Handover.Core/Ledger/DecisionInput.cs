namespace Handover.Core.Ledger;

/// <summary>What happens to one request with a key. A closed family.</summary>
public abstract record DecisionInput
{
    private DecisionInput() { }

    /// <summary>The request was admitted, and its release is known. The first input.</summary>
    public sealed record Admitted : DecisionInput;

    /// <summary>The ledger (or the spool) answered.</summary>
    /// <param name="Reply">The answer; null when there is none, and nobody knows whether the write took effect.</param>
    public sealed record LedgerAnswered(LedgerReply? Reply) : DecisionInput;

    /// <summary>
    /// The release answered, completely, or with more than the ledger keeps (then the body is null).
    /// </summary>
    /// <param name="Answer">The answer.</param>
    public sealed record ReleaseAnswered(RecordedAnswer Answer) : DecisionInput;

    /// <summary>The release did not answer, or broke off.</summary>
    /// <param name="Sent">Whether it may have got the request; false only when that is certain.</param>
    public sealed record ReleaseFailed(bool Sent) : DecisionInput;
}
