namespace Handover.Protocol;

/// <summary>A service: what was declared, and where its traffic goes now.</summary>
public sealed record ServiceView
{
    /// <summary>Unique name.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <c>open-inference</c>, <c>open-inference-grpc</c>, <c>tensorflow-serving</c>, <c>openai</c> or <c>json</c>.
    /// </summary>
    public required string Protocol { get; init; }

    /// <summary>Path prefix that callers use.</summary>
    public required string Path { get; init; }

    /// <summary>What the prefix becomes on the way to the entry member; null when it is kept.</summary>
    public string? Rewrite { get; init; }

    /// <summary>The member that receives the caller's request.</summary>
    public required string Entry { get; init; }

    /// <summary><c>low</c> or <c>high</c>.</summary>
    public required string Impact { get; init; }

    /// <summary>Highest acceptable error rate in [0, 1]; null when there is none.</summary>
    public double? ObjectiveErrors { get; init; }

    /// <summary>Highest acceptable 99th percentile of latency in milliseconds; null when there is none.</summary>
    public double? ObjectiveLatencyMsP99 { get; init; }

    /// <summary>The release that serves everybody who is not moved, now.</summary>
    public required string Stable { get; init; }

    /// <summary>The release that a rollout is bringing in; null when there is none.</summary>
    public string? Candidate { get; init; }

    /// <summary>Percent of all entities that the candidate serves, 0 to 100.</summary>
    public double Share { get; init; }

    /// <summary>Percent by segment, where a segment has a share of its own.</summary>
    public IReadOnlyDictionary<string, double> SegmentShares { get; init; } = new Dictionary<string, double>();

    /// <summary>Epoch of the routing in force; 0 before the first.</summary>
    public long Epoch { get; init; }

    /// <summary>Id of the rollout that is open; null when none is.</summary>
    public string? Rollout { get; init; }

    /// <summary>Names of its releases.</summary>
    public IReadOnlyList<string> Releases { get; init; } = [];

    /// <summary>What the gateway is doing for it; null when no gateway knows it yet.</summary>
    public GatewayView? Gateway { get; init; }

    /// <summary>The kill switch that is in force; null when the candidate may answer.</summary>
    public KillSwitchView? Off { get; init; }
}

/// <summary>What a gateway is doing for a service.</summary>
/// <param name="Id">The gateway.</param>
/// <param name="Epoch">The epoch in force there.</param>
/// <param name="Holding">Whether it holds a slice now.</param>
/// <param name="Held">Requests held now.</param>
/// <param name="InFlight">Requests in flight by release.</param>
public sealed record GatewayView(
    string Id,
    long Epoch,
    bool Holding,
    int Held,
    IReadOnlyDictionary<string, int> InFlight
);
