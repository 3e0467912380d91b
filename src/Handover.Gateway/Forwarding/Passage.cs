using Handover.Core.Contracts.Adapters;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;

namespace Handover.Gateway.Forwarding;

/// <summary>One request on its way through the gateway: what was decided for it and what was seen of it.</summary>
internal sealed class Passage
{
    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>The gateway's request id.</summary>
    public required string RequestId { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The service.</summary>
    public required ServiceUnit Unit { get; init; }

    /// <summary>The snapshot that decided it.</summary>
    public required ServiceSnapshot Snapshot { get; set; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query as the member receives them.</summary>
    public required string MemberTarget { get; init; }

    /// <summary>The member that receives it.</summary>
    public required string Member { get; set; }

    /// <summary>The sequence that it belongs to; null when to none.</summary>
    public SequenceReading? Sequence { get; set; }

    /// <summary>The release that answers.</summary>
    public string Release { get; set; } = "";

    /// <summary>The epoch under which it does.</summary>
    public long Epoch { get; set; }

    /// <summary>Why it does.</summary>
    public AssignReason Reason { get; set; }

    /// <summary>The segment that the entity belongs to; null when none.</summary>
    public string? Segment { get; set; }

    /// <summary>The routing probability that applied.</summary>
    public Share CandidateShare { get; set; }

    /// <summary>The entity.</summary>
    public string? Entity { get; set; }

    /// <summary>The attributes.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; set; } = NoAttributes;

    /// <summary>Why the request is made.</summary>
    public Purpose Purpose { get; set; } = Purpose.Live;

    /// <summary>Whether it is an inference call at the edge.</summary>
    public bool Inference { get; init; }

    /// <summary>Whether it is a gRPC call.</summary>
    public bool Grpc { get; init; }

    /// <summary>The gRPC status of the member's answer; null while it has none.</summary>
    public int? GrpcCode { get; set; }

    /// <summary>Baggage for the member, pin included.</summary>
    public string? BaggageOut { get; set; }

    /// <summary>Whether the bearer token was Handover's own and must not reach the member.</summary>
    public bool StripAuthorization { get; set; }

    /// <summary>Time spent held.</summary>
    public TimeSpan Held { get; set; }

    /// <summary>The closing that it had to wait for; null for nearly every request.</summary>
    public Holding.ClosingWatch.Closing? Closing { get; set; }

    /// <summary>Rewrites the member's answer before anybody sees it; null for answers that pass as they are.</summary>
    public AnswerAdapter? Adapter { get; set; }

    /// <summary>The answer while it is rewritten.</summary>
    public AdaptedAnswer? Adapted { get; set; }

    /// <summary>Copy of the request body; null when nobody wants one.</summary>
    public BodyCopy? RequestCopy { get; set; }

    /// <summary>Copy of the answer's body; null when nobody wants one.</summary>
    public BodyCopy? ResponseCopy { get; set; }

    /// <summary>Timestamp at which it was handed over to the member.</summary>
    public long DispatchedAt { get; set; }

    /// <summary>Timestamp at which the member's answer began; 0 while it has not, or nobody waits for it.</summary>
    public long AnsweredAt { get; set; }

    /// <summary>From dispatch to the first byte of the answer; null when there was none, or nobody looked.</summary>
    public TimeSpan? FirstByte { get; set; }

    /// <summary>
    /// Why there is no good answer where the outcome alone does not tell; null when there is one, or the member said so
    /// itself. Without a value from the answer.
    /// </summary>
    public string? Failure { get; set; }

    /// <summary>
    /// The status that rules and journal see: that of the wire, and of a gRPC answer what it means in HTTP.
    /// </summary>
    /// <param name="wire">Status on the wire.</param>
    public int Status(int wire) => Grpc && wire == 200 ? GrpcStatus.ToHttp(GrpcCode ?? GrpcStatus.Unknown) : wire;
}
