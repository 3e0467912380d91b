namespace Handover.Protocol;

/// <summary>What one segment of a rollout saw.</summary>
/// <param name="Segment">The segment; empty for everybody outside the plan's segments.</param>
/// <param name="CandidateRequests">Live requests of it that the candidate answered.</param>
/// <param name="CandidateBad">Those of them that failed.</param>
/// <param name="StableRequests">Live requests of it that stable answered.</param>
/// <param name="StableBad">Those of them that failed.</param>
/// <param name="Shares">Its share after each move that changed it, oldest first.</param>
public sealed record SegmentSeenView(
    string Segment,
    long CandidateRequests,
    long CandidateBad,
    long StableRequests,
    long StableBad,
    IReadOnlyList<SegmentShareView> Shares
)
{
    /// <summary>The verdict of its own evidence; null when it is judged with everybody.</summary>
    public VerdictView? Verdict { get; init; }

    /// <summary>Why it was taken back to stable alone; null when it was not.</summary>
    public string? TakenBack { get; init; }

    /// <summary>
    /// Where segments move independently, the index of the phase that it is in; null when it is in none of its own.
    /// </summary>
    public int? Phase { get; init; }

    /// <summary>Why it waits while the others go on; null when it does not.</summary>
    public string? Waits { get; init; }
}

/// <summary>A segment's share from a move on.</summary>
/// <param name="At">When.</param>
/// <param name="Epoch">The move's epoch.</param>
/// <param name="Share">Percent of its entities that the candidate serves, 0 to 100.</param>
public sealed record SegmentShareView(DateTimeOffset At, long Epoch, double Share);
