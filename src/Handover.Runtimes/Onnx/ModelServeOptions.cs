// Why: the options of 'handover model serve', apart from how they are written on a command line.
using System.Net;

namespace Handover.Runtimes.Onnx;

/// <summary>What <c>handover model serve</c> is asked to do.</summary>
public sealed record ModelServeOptions
{
    /// <summary>The ONNX file.</summary>
    public required string File { get; init; }

    /// <summary>TCP port; 0 lets the system choose.</summary>
    public required int Port { get; init; }

    /// <summary>Address to listen on; default loopback.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Faults on demand.</summary>
    public FaultPlan Fault { get; init; } = FaultPlan.None;

    /// <summary>Seed of the faults: the same seed makes the same calls fail.</summary>
    public long Seed { get; init; }
}
