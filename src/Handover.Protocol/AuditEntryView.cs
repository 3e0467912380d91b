namespace Handover.Protocol;

/// <summary>One mutation, as it stands in the audit log.</summary>
public sealed record AuditEntryView
{
    /// <summary>Number of the entry, from 1, without gaps.</summary>
    public long Seq { get; init; }

    /// <summary>When.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Who: the token's name.</summary>
    public required string Who { get; init; }

    /// <summary>What, e.g. <c>rollout.pause price-v2.1</c>.</summary>
    public required string What { get; init; }

    /// <summary>The values before; empty when there were none.</summary>
    public IReadOnlyDictionary<string, string> Before { get; init; } = new Dictionary<string, string>();

    /// <summary>The values after.</summary>
    public IReadOnlyDictionary<string, string> After { get; init; } = new Dictionary<string, string>();

    /// <summary>Why; may be empty.</summary>
    public string Why { get; init; } = "";

    /// <summary>The request's id.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>Lower-case hex SHA-256 of the entry before; of nothing for the first.</summary>
    public string Prev { get; init; } = "";
}

/// <summary>The result of checking the audit log.</summary>
/// <param name="Ok">Whether every entry is as it was written.</param>
/// <param name="Entries">Entries that were read.</param>
/// <param name="Head">
/// Lower-case hex SHA-256 of the last entry: keep it elsewhere to notice a log that was replaced.
/// </param>
/// <param name="Line">First line that is wrong, from 1; 0 when none is.</param>
/// <param name="Detail">What is wrong with it; null when nothing is.</param>
public sealed record AuditVerificationView(bool Ok, long Entries, string Head, long Line, string? Detail);
