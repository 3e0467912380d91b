namespace Handover.Control.Evidence;

/// <summary>
/// What the entities of one segment got from both releases since it had a share of its own: for people, not for gates.
/// </summary>
/// <param name="CandidateRequests">Live requests that the candidate answered.</param>
/// <param name="CandidateBad">Those of them that failed.</param>
/// <param name="StableRequests">Live requests that stable answered.</param>
/// <param name="StableBad">Those of them that failed.</param>
public sealed record SegmentTally(long CandidateRequests, long CandidateBad, long StableRequests, long StableBad)
{
    /// <summary>Nothing yet.</summary>
    public static SegmentTally None { get; } = new(0, 0, 0, 0);

    /// <summary>One more request.</summary>
    public SegmentTally With(bool candidate, bool bad) =>
        candidate
            ? this with
            {
                CandidateRequests = CandidateRequests + 1,
                CandidateBad = CandidateBad + (bad ? 1 : 0),
            }
            : this with
            {
                StableRequests = StableRequests + 1,
                StableBad = StableBad + (bad ? 1 : 0),
            };
}
