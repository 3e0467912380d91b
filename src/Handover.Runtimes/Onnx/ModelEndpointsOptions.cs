// Why: the bounds of one model server, in one place.
namespace Handover.Runtimes.Onnx;

/// <summary>Bounds and faults of one model server.</summary>
internal sealed record ModelEndpointsOptions
{
    /// <summary>
    /// Calls that run side by side; range 1-1024, default the number of processors. More only adds waiting.
    /// </summary>
    public int Concurrency { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Calls that may wait for their turn; above it 503. Default 256: a longer queue only makes answers late.
    /// </summary>
    public int Queue { get; init; } = 256;

    /// <summary>Faults on demand.</summary>
    public FaultPlan Faults { get; init; } = FaultPlan.None;

    /// <summary>Seed of the faults.</summary>
    public long Seed { get; init; }
}
