using Handover.Core.Foundation;

namespace Handover.Core.Catalog;

/// <summary>
/// A model endpoint that callers know: its route, protocol, entity key and objectives. Validated, immutable.
/// </summary>
public sealed record Service
{
    /// <summary>Unique name, DNS-label form: lower case letters, digits and dashes, at most 63 characters.</summary>
    public required string Name { get; init; }

    /// <summary>How requests and answers are written.</summary>
    public WireProtocol Protocol { get; init; } = WireProtocol.OpenInference;

    /// <summary>Which requests belong to the service.</summary>
    public required ServiceRoute Route { get; init; }

    /// <summary>The member that receives the caller's request.</summary>
    public string Entry { get; init; } = "model";

    /// <summary>The first stable release. Afterwards the routing document says which one is stable.</summary>
    public required string Stable { get; init; }

    /// <summary>Where the entity is found in a request.</summary>
    public required EntityKey Entity { get; init; }

    /// <summary>What segments may read.</summary>
    public IReadOnlyList<AttributeSource> Attributes { get; init; } = [];

    /// <summary>Whose tokens are believed; null when no claim is read.</summary>
    public TokenPolicy? Tokens { get; init; }

    /// <summary>What counts as an error of the model.</summary>
    public ErrorPolicy Errors { get; init; } = new();

    /// <summary>Absolute objectives; gates hold a release to them.</summary>
    public Objectives Objectives { get; init; } = new();

    /// <summary>Whether a rollout needs somebody else's approval and proof for every promotion.</summary>
    public Impact Impact { get; init; } = Impact.Low;

    /// <summary>Which interruption is allowed.</summary>
    public TimeSpan DowntimeAllowed { get; init; } = TimeSpan.Zero;

    /// <summary>Which decisions are kept so that they are not made twice.</summary>
    public IdempotencyPolicy Idempotency { get; init; } = new();

    /// <summary>When an interruption is allowed; empty allows it at any time outside freezes.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>When nothing of the service moves forward.</summary>
    public IReadOnlyList<MaintenanceWindow> Freezes { get; init; } = [];

    /// <summary>What is recorded of requests and answers.</summary>
    public JournalPolicy Journal { get; init; } = new();

    /// <summary>Bounds on what the gateway takes and holds.</summary>
    public ServiceLimits Limits { get; init; } = new();

    /// <summary>How late truth is compared with an answer; null when no labels are expected.</summary>
    public LabelPolicy? Labels { get; init; }

    /// <summary>Whether callers with the right may name a release.</summary>
    public bool AllowOverride { get; init; }

    /// <summary>
    /// How sequences of requests are kept on one release; null when the service has none, and bodies need not be read.
    /// </summary>
    public SequencePolicy? Sequences { get; init; }
}

/// <summary>How requests and answers of a service are written.</summary>
public enum WireProtocol
{
    /// <summary>Open Inference Protocol v2 over REST.</summary>
    OpenInference,

    /// <summary>Open Inference Protocol v2 over gRPC.</summary>
    OpenInferenceGrpc,

    /// <summary>TensorFlow Serving REST.</summary>
    TensorFlowServing,

    /// <summary>OpenAI-style JSON and server-sent events.</summary>
    OpenAi,

    /// <summary>Any JSON document.</summary>
    Json,
}

/// <summary>How much damage a wrong release can do.</summary>
public enum Impact
{
    /// <summary>One person may roll out.</summary>
    Low,

    /// <summary>Somebody else approves before 100 %, and every promotion needs proof.</summary>
    High,
}

/// <summary>Which requests belong to a service. The longest path prefix wins.</summary>
/// <param name="Path">
/// Path prefix that callers use, e.g. <c>/v2/models/diamond-price</c>; matches whole path segments.
/// </param>
public sealed record ServiceRoute(string Path)
{
    /// <summary>What <see cref="Path"/> becomes on the way to the entry member; null keeps it.</summary>
    public string? Rewrite { get; init; }

    /// <summary>Host names without port; empty matches every host.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];
}

/// <summary>Where the entity is found in a request.</summary>
/// <param name="From">Which part of the request.</param>
/// <param name="Name">Header, cookie, query or claim name, or RFC 6901 pointer for JSON and for nested claims.</param>
/// <param name="Absent">What happens to a request without it.</param>
public sealed record EntityKey(ValueSource From, string Name, AbsentEntity Absent = AbsentEntity.Stable);

/// <summary>Which part of a request a value is read from.</summary>
public enum ValueSource
{
    /// <summary>A request header.</summary>
    Header,

    /// <summary>A cookie.</summary>
    Cookie,

    /// <summary>A query parameter.</summary>
    Query,

    /// <summary>A JSON pointer into the body.</summary>
    Json,

    /// <summary>A claim of a verified token.</summary>
    Claim,
}

/// <summary>What happens to a request that carries no entity.</summary>
public enum AbsentEntity
{
    /// <summary>The stable release answers.</summary>
    Stable,

    /// <summary>400 with problem+json.</summary>
    Refuse,

    /// <summary>The request id is the entity: drawn anew for each request.</summary>
    Draw,
}

/// <summary>An attribute that segments may read.</summary>
/// <param name="Name">Name in segment rules.</param>
/// <param name="From">Which part of the request.</param>
/// <param name="Key">Header, cookie, query or claim name, or JSON pointer.</param>
public sealed record AttributeSource(string Name, ValueSource From, string Key);

/// <summary>What counts as an error of the model. Only inference calls count, not metadata or health.</summary>
public sealed record ErrorPolicy
{
    /// <summary>Status codes that count, as exact codes (503) or classes (5 for 5xx).</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [5];

    /// <summary>An answer that takes longer counts as a timeout; range (0, 10 min], default 2 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether <paramref name="status"/> counts as an error.</summary>
    public bool Counts(int status)
    {
        foreach (int s in Statuses)
        {
            if (s == status || (s < 10 && s == status / 100))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Absolute objectives of a service; null means none.</summary>
public sealed record Objectives
{
    /// <summary>Highest acceptable error rate.</summary>
    public Ratio? Errors { get; init; }

    /// <summary>Highest acceptable 99th percentile of latency.</summary>
    public TimeSpan? P99 { get; init; }
}

/// <summary>What is recorded of requests and answers.</summary>
public sealed record JournalPolicy
{
    /// <summary>Share of exchanges that is recorded; default everything.</summary>
    public Ratio Sample { get; init; } = Ratio.One;

    /// <summary>Whether bodies are kept; warming and labels need them.</summary>
    public bool Payloads { get; init; } = true;

    /// <summary>JSON pointers whose values are replaced before storing.</summary>
    public IReadOnlyList<string> Redact { get; init; } = [];

    /// <summary>How long records are kept; default 14 days.</summary>
    public TimeSpan Retain { get; init; } = TimeSpan.FromDays(14);
}

/// <summary>Bounds on what the gateway takes and holds for one service.</summary>
public sealed record ServiceLimits
{
    /// <summary>Largest request body in bytes; above it 413. Default 4 MiB.</summary>
    public long RequestBytes { get; init; } = 4 << 20;

    /// <summary>Longest time that one request is held; then 503 with Retry-After. Default 2 s.</summary>
    public TimeSpan HoldFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Most requests held at once; the newest is refused. Default 10,000.</summary>
    public int HoldRequests { get; init; } = 10_000;

    /// <summary>Most bytes held at once. Default 64 MiB.</summary>
    public long HoldBytes { get; init; } = 64 << 20;
}

/// <summary>How late truth is compared with an answer.</summary>
/// <param name="Output">Name of the output that is compared.</param>
/// <param name="Loss">How wrongness is measured.</param>
/// <param name="Tolerance">Relative error up to which a regression answer counts as right.</param>
public sealed record LabelPolicy(string Output, LossKind Loss, Ratio Tolerance)
{
    /// <summary>
    /// How old an answer must be before it is judged: only answers whose labels should have arrived by then count
    /// (matured cohorts). Null judges each label when it arrives.
    /// </summary>
    public TimeSpan? Window { get; init; }
}

/// <summary>How wrong an answer is, given the truth.</summary>
public enum LossKind
{
    /// <summary>|answer - truth|.</summary>
    Absolute,

    /// <summary>(answer - truth)^2.</summary>
    Squared,

    /// <summary>0 when equal, else 1.</summary>
    ZeroOne,

    /// <summary>-ln of the probability that was given to the truth.</summary>
    Logistic,
}

/// <summary>
/// Sequences of requests (<c>sequence_id</c> of the Open Inference protocol) whose model keeps state between them.
/// </summary>
/// <param name="Idle">A sequence that is silent for longer counts as ended.</param>
/// <param name="Most">Most sequences that are open at once; above it a new one is refused.</param>
public sealed record SequencePolicy(TimeSpan Idle, int Most);
