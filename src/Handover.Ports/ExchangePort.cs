using Handover.Core.Foundation;
using Handover.Core.Traffic;

namespace Handover.Ports;

/// <summary>
/// Takes note of finished exchanges. Never blocks and never throws: over its bound it drops and counts.
/// </summary>
public interface IExchangePort
{
    /// <summary>Takes note of one exchange between a caller (or the gateway itself) and a member.</summary>
    void Record(Exchange exchange);
}

/// <summary>
/// One finished exchange: who asked, which release answered, how, with what. The raw material of all evidence.
/// </summary>
public sealed record Exchange
{
    /// <summary>The gateway's request id; the same for a live request and its shadow copies.</summary>
    public required string RequestId { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The release that was asked.</summary>
    public required string Release { get; init; }

    /// <summary>The epoch under which it was.</summary>
    public required long Epoch { get; init; }

    /// <summary>Why this release.</summary>
    public required AssignReason Reason { get; init; }

    /// <summary>Why the request was made.</summary>
    public required Purpose Purpose { get; init; }

    /// <summary>The entity; null when the request had none.</summary>
    public string? Entity { get; init; }

    /// <summary>The segment that the entity belonged to; null when none that the routing named.</summary>
    public string? Segment { get; init; }

    /// <summary>The routing probability that applied to this entity.</summary>
    public required Share CandidateShare { get; init; }

    /// <summary>When the request arrived.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>From dispatch to the last byte of the answer, hold excluded.</summary>
    public required TimeSpan Latency { get; init; }

    /// <summary>
    /// From dispatch to the first byte of the answer, which of a stream is its first token; null when there was none,
    /// or nobody looked.
    /// </summary>
    public TimeSpan? FirstByte { get; init; }

    /// <summary>Time spent held by a move.</summary>
    public TimeSpan Held { get; init; }

    /// <summary>Status code sent to the caller; 0 when none was.</summary>
    public required int Status { get; init; }

    /// <summary>How it ended.</summary>
    public required ExchangeOutcome Outcome { get; init; }

    /// <summary>
    /// Why there is no good answer, in one bounded line without a value from it, where outcome and status do not tell;
    /// null when there is one, or when the member said so itself by a status.
    /// </summary>
    public string? Failure { get; init; }

    /// <summary>Whether this is an inference call, which alone counts as evidence.</summary>
    public required bool Inference { get; init; }

    /// <summary>How an exchange without a good answer ended, for people.</summary>
    public string HowItFailed => Failure ?? (Status == 0 ? $"{Outcome}, no status" : $"{Outcome}, status {Status}");

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query as the member received them.</summary>
    public required string Path { get; init; }

    /// <summary>Content type of the request; null when none.</summary>
    public string? ContentType { get; init; }

    /// <summary>The request's body, when it is kept and was not over the bound.</summary>
    public ReadOnlyMemory<byte>? Request { get; init; }

    /// <summary>The answer's body, when it is kept and was not over the bound.</summary>
    public ReadOnlyMemory<byte>? Response { get; init; }
}

/// <summary>How an exchange ended.</summary>
public enum ExchangeOutcome
{
    /// <summary>The member answered with a status that does not count as an error.</summary>
    Ok,

    /// <summary>The member answered with a status that counts as an error.</summary>
    ModelError,

    /// <summary>The member did not answer in the service's time.</summary>
    Timeout,

    /// <summary>The member could not be reached, or broke off.</summary>
    Unreachable,

    /// <summary>The caller went away; not the member's fault.</summary>
    ClientGone,

    /// <summary>The gateway refused it (limits, hold overflow, bad pin); no member was asked.</summary>
    Refused,
}
