using Handover.Core.Evidence;

namespace Handover.Control.Evidence;

/// <summary>What asking stable twice tells.</summary>
/// <param name="Triples">Requests that stable answered twice and the candidate once.</param>
/// <param name="Paths">Every path that was compared.</param>
/// <param name="Differing">
/// The names of those that differ by more than noise; of these at most one in ten is wrong on average.
/// </param>
public sealed record NoiseReading(long Triples, IReadOnlyList<NoisyPath> Paths, IReadOnlySet<string> Differing);
