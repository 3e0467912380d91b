namespace Handover.Control.Evidence;

/// <summary>What a rollout's pairs tell besides what gates count.</summary>
/// <param name="Copies">What became of the copies.</param>
/// <param name="Speed">How fast both releases answered.</param>
/// <param name="Failures">Why the candidate had no good answer, and how often; 20 reasons, then the rest.</param>
internal sealed record ShadowReading(CopySums Copies, PairSpeed Speed, IReadOnlyDictionary<string, long> Failures);
