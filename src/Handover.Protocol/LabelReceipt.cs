namespace Handover.Protocol;

/// <summary>What became of pushed labels. Lines that are wrong do not stop the others.</summary>
/// <param name="Accepted">Labels that were joined or kept for joining.</param>
/// <param name="Rejected">Lines that were not labels, or labels that name no known answer.</param>
/// <param name="Errors">The first 100 errors.</param>
public sealed record LabelReceipt(long Accepted, long Rejected, IReadOnlyList<LineError> Errors);

/// <summary>What was wrong with one line.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Detail">What was wrong.</param>
public sealed record LineError(long Line, string Detail);
