using Handover.Core.Traffic;

namespace Handover.Ports;

/// <summary>What a gateway would do with a request now: the answer to "which release does this entity get?".</summary>
/// <param name="Assigned">The release and why, by the very code that requests pass through.</param>
/// <param name="Epoch">The epoch in force there.</param>
/// <param name="Candidate">The release that a rollout is bringing in; null when there is none.</param>
/// <param name="Off">Whether the kill switch is in force.</param>
/// <param name="Excluded">Whether the organisation's flag took the entity out.</param>
public sealed record GatewayAnswer(Assigned Assigned, long Epoch, string? Candidate, bool Off, bool Excluded);

/// <summary>What came of asking the organisation's flag, since the start.</summary>
/// <param name="Asked">Requests to the flag server.</param>
/// <param name="Allowed">Answers that allowed the candidate.</param>
/// <param name="Refused">Answers that did not.</param>
/// <param name="Unknown">Answers that name neither release; they count as no.</param>
/// <param name="Failed">No answer in time, or none that could be read; they count as no.</param>
/// <param name="Crowded">Not asked because too many questions were under way; they count as no.</param>
public sealed record FlagCounts(long Asked, long Allowed, long Refused, long Unknown, long Failed, long Crowded);
