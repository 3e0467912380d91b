using Handover.Core.Gates;

namespace Handover.Control.Evidence;

/// <summary>What the gates say now.</summary>
/// <param name="Segment">Of whose shift, where segments move independently; null for the active phase.</param>
/// <param name="Verdict">What they say.</param>
public sealed record Reading(string? Segment, Verdict Verdict);
