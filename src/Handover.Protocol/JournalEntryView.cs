using System.Text.Json;

namespace Handover.Protocol;

/// <summary>One recorded exchange.</summary>
public sealed record JournalEntryView
{
    /// <summary>The gateway's request id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The release that answered.</summary>
    public required string Release { get; init; }

    /// <summary>The epoch under which it did.</summary>
    public long Epoch { get; init; }

    /// <summary>Why this release.</summary>
    public required string Reason { get; init; }

    /// <summary><c>live shadow warm reconcile</c>.</summary>
    public required string Purpose { get; init; }

    /// <summary>The entity; null when the request had none.</summary>
    public string? Entity { get; init; }

    /// <summary>When the request arrived.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>From dispatch to the last byte of the answer, in milliseconds.</summary>
    public double LatencyMs { get; init; }

    /// <summary>Time that a move held the request, in milliseconds.</summary>
    public double HeldMs { get; init; }

    /// <summary>Status sent to the caller; 0 when none was.</summary>
    public int Status { get; init; }

    /// <summary><c>ok modelError timeout unreachable clientGone refused</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query as the member received them.</summary>
    public required string Path { get; init; }

    /// <summary>Body of the request, as JSON or as text; null when it was not kept or not asked for.</summary>
    public JsonElement? Request { get; init; }

    /// <summary>Body of the answer, as JSON or as text; null when it was not kept or not asked for.</summary>
    public JsonElement? Response { get; init; }
}
