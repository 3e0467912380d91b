using Handover.Core.Traffic;

namespace Handover.Control.Evidence;

/// <summary>An answer that broke a contract while it served, kept for the report.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Release">The release that answered.</param>
/// <param name="Purpose">Live or shadow.</param>
/// <param name="At">When the request was made.</param>
/// <param name="Owner">Whose contract: <c>release v2</c> or <c>consumer quote-engine</c>.</param>
/// <param name="Detail">What is wrong, in words; without values where the service redacts.</param>
/// <param name="Document">The answer as it may be shown; null when it may not or was too large.</param>
public sealed record BrokenContract(
    string RequestId,
    string Release,
    Purpose Purpose,
    DateTimeOffset At,
    string Owner,
    string Detail,
    string? Document
);
