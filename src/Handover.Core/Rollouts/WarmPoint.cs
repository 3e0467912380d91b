namespace Handover.Core.Rollouts;

/// <summary>One point of the latency curve of a warm-up.</summary>
/// <param name="P95Ms">The candidate's 95th percentile of one window in ms.</param>
/// <param name="StableP95Ms">Stable's at the same load in ms.</param>
public sealed record WarmPoint(double P95Ms, double StableP95Ms);
