namespace Diamonds.Judge;

/// <summary>One request as the client saw it.</summary>
/// <param name="RequestId">The id in the answer; null when there was none.</param>
/// <param name="Service">The service; empty when the log does not say.</param>
/// <param name="Entity">The customer; null when the log does not say.</param>
/// <param name="Release">The release that the answer named; null when it named none.</param>
/// <param name="Status">Status code; 0 when there was no answer.</param>
/// <param name="Outcome">The client's own word for how it ended.</param>
/// <param name="Reason">Why this release, as the answer said; null when it did not.</param>
/// <param name="Key">The idempotency key that was sent; null when none was.</param>
/// <param name="Price">The price that was answered.</param>
/// <param name="Code">The code of a refusal of Handover itself.</param>
public sealed record ClientLine(
    string? RequestId,
    string Service,
    string? Entity,
    string? Release,
    int Status,
    string Outcome,
    string? Reason = null,
    string? Key = null,
    double? Price = null,
    string? Code = null
)
{
    /// <summary>Whether the client got a complete 2xx answer. A 200 that broke off in its body is not one.</summary>
    public bool Ok => Status is >= 200 and < 300 && (Outcome is "ok" or "");
}
