namespace Handover.Gateway.Observing;

/// <summary>
/// What a service counted since the start. Fields, because they are counted up with interlocked operations.
/// </summary>
internal sealed class ServiceCounters
{
    /// <summary>Incoming pins that were unsigned, wrong or out of date and were taken off.</summary>
    public long PinsStripped;

    /// <summary>Callers' tokens that could not be believed; their requests have no claims.</summary>
    public long TokensRefused;

    /// <summary>Copies to the release that is watched.</summary>
    public readonly CopyCounts Copies = new();

    /// <summary>Second questions to the release that served.</summary>
    public readonly CopyCounts Redraws = new();

    /// <summary>Answers, copies included, that an adapter could not rewrite.</summary>
    public long AdaptersFailed;
}
