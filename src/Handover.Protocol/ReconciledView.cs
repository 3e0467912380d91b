using System.Text.Json;

namespace Handover.Protocol;

/// <summary>
/// One line of a reconciliation: a decision of the release that was taken back, or, as the last line, the sums. A list
/// without a last line of sums was cut off.
/// </summary>
public sealed record ReconciledLine
{
    /// <summary>A decision; null on the last line.</summary>
    public ReconciledView? Decision { get; init; }

    /// <summary>The sums; null on all lines but the last.</summary>
    public ReconciledSums? Sums { get; init; }
}

/// <summary>One decision of the release that was taken back, beside what stable answers to the same request.</summary>
public sealed record ReconciledView
{
    /// <summary>The gateway's request id.</summary>
    public required string RequestId { get; init; }

    /// <summary>The caller's idempotency key; null when it had none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The entity; null when the request had none.</summary>
    public string? Entity { get; init; }

    /// <summary>The segment that the entity belonged to; null when none.</summary>
    public string? Segment { get; init; }

    /// <summary>When the request arrived.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The release that decided.</summary>
    public required string Release { get; init; }

    /// <summary>The epoch under which it did.</summary>
    public long Epoch { get; init; }

    /// <summary>How it ended: <c>ok modelError timeout unreachable clientGone</c>; null when unknown.</summary>
    public string? Outcome { get; init; }

    /// <summary>HTTP status that the caller got; null when unknown.</summary>
    public int? Status { get; init; }

    /// <summary>Stage in the ledger: <c>inFlight done unknown</c>; null without a key.</summary>
    public string? Ledger { get; init; }

    /// <summary>The request's body; null when it was not kept.</summary>
    public JsonElement? Request { get; init; }

    /// <summary>What the release answered; null when it was not kept.</summary>
    public JsonElement? Answer { get; init; }

    /// <summary>The release that was asked again.</summary>
    public required string StableRelease { get; init; }

    /// <summary>What it answered; null when it was not asked or had no answer.</summary>
    public JsonElement? StableAnswer { get; init; }

    /// <summary><c>same</c>, <c>differs</c>, or <c>unknown</c> when the two could not be compared.</summary>
    public required string Verdict { get; init; }

    /// <summary>Why the two could not be compared; null when they were.</summary>
    public string? Why { get; init; }

    /// <summary>The largest severity of any difference, in [0, 1]; null when unknown.</summary>
    public double? Severity { get; init; }

    /// <summary>What differs, the worst first.</summary>
    public IReadOnlyList<ReconciledPath> Differences { get; init; } = [];
}

/// <summary>One place in which two answers differ.</summary>
/// <param name="Path">Output name, or JSON pointer.</param>
/// <param name="Kind">How.</param>
/// <param name="Severity">In [0, 1].</param>
/// <param name="Detail">From stable's value to the release's, in words.</param>
public sealed record ReconciledPath(string Path, string Kind, double Severity, string Detail);

/// <summary>How many of what.</summary>
/// <param name="Rollout">The rollout.</param>
/// <param name="Total">All decisions.</param>
/// <param name="Same">Those that stable makes too.</param>
/// <param name="Differs">Those that stable makes otherwise.</param>
/// <param name="Unknown">Those that could not be compared.</param>
/// <param name="NotRecorded">
/// Exchanges that the journal dropped since the node's start: decisions without a key among them are not in this list.
/// </param>
/// <param name="Sampled">
/// Share of exchanges that the journal records, 0 to 1: below 1 the other decisions without a key are not in this list.
/// </param>
/// <param name="Segments">The same by segment; the empty name is everybody outside all segments.</param>
public sealed record ReconciledSums(
    string Rollout,
    long Total,
    long Same,
    long Differs,
    long Unknown,
    long NotRecorded,
    double Sampled,
    IReadOnlyList<ReconciledSegment> Segments
);

/// <summary>How many of what in one segment.</summary>
/// <param name="Segment">The segment; empty for everybody outside all segments.</param>
/// <param name="Total">All decisions.</param>
/// <param name="Same">Those that stable makes too.</param>
/// <param name="Differs">Those that stable makes otherwise.</param>
/// <param name="Unknown">Those that could not be compared.</param>
public sealed record ReconciledSegment(string Segment, long Total, long Same, long Differs, long Unknown);
