namespace Handover.Protocol;

/// <summary>What became of pushed labels. Lines that are wrong do not stop the others.</summary>
/// <param name="Accepted">Labels that were joined or kept for joining.</param>
/// <param name="Rejected">Lines that were not labels, or labels that name no known answer.</param>
/// <param name="Errors">The first 100 errors.</param>
public sealed record LabelReceipt(long Accepted, long Rejected, IReadOnlyList<LineError> Errors)
{
    /// <summary>Of the accepted: labels whose answers are not recorded yet; joined when they are.</summary>
    public long Waiting { get; init; }

    /// <summary>Labels that were known with the same truth already.</summary>
    public long Duplicate { get; init; }

    /// <summary>Labels that were known with another truth; the first one stays. Also counted as rejected.</summary>
    public long Conflicting { get; init; }
}

/// <summary>What was wrong with one line.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Detail">What was wrong.</param>
public sealed record LineError(long Line, string Detail);
