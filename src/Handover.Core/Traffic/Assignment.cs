using Handover.Core.Foundation;

namespace Handover.Core.Traffic;

/// <summary>
/// The pure function from entity to release for one routing document. The draw is flagd's fractional v2 with the
/// candidate's bucket first: <c>(murmur3_x86_32(utf8("{salt}:{entity}")) * 100000) &gt;&gt; 32</c>. A growing share
/// therefore only ever adds entities to the candidate and never moves one back.
/// </summary>
public static class Assignment
{
    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>The entity's bucket in [0, 100,000); <c>("price-v2", "c-1")</c> gives 93,796.</summary>
    public static int Bucket(string salt, string entity) =>
        (int)(((ulong)Murmur3.Hash($"{salt}:{entity}") * Share.Whole) >> 32);

    /// <summary>Which release answers the entity, why, and how likely the candidate was.</summary>
    /// <param name="routing">The document of the epoch.</param>
    /// <param name="entity">The entity; null when the request has none, which is always stable.</param>
    /// <param name="attributes">What segments read; null when there are none.</param>
    public static Assigned Assign(
        Routing routing,
        string? entity,
        IReadOnlyDictionary<string, string>? attributes = null
    )
    {
        if (routing.Candidate is null || entity is null)
        {
            return OnStable(routing);
        }

        Share share = routing.Share;
        bool bySegment = false;
        foreach (SegmentShare segment in routing.Segments)
        {
            if (segment.Share.Parts > share.Parts && segment.Segment.When.Matches(attributes ?? NoAttributes))
            {
                share = segment.Share;
                bySegment = true;
            }
        }

        if (share.Parts > 0 && Bucket(routing.Salt, entity) < share.Parts)
        {
            return new Assigned(routing.Candidate, bySegment ? AssignReason.Segment : AssignReason.Share, share);
        }

        return OnStable(routing) with
        {
            CandidateShare = share,
        };
    }

    /// <summary>
    /// The stable release, for whoever may not have the candidate: such a request was never drawn, so its routing
    /// probability is nought and it is no evidence for either side.
    /// </summary>
    public static Assigned OnStable(Routing routing) =>
        new(routing.Stable, routing.Switched ? AssignReason.Switched : AssignReason.Stable, Share.None);
}

/// <summary>The outcome of an assignment.</summary>
/// <param name="Release">The release that answers.</param>
/// <param name="Reason">Why.</param>
/// <param name="CandidateShare">
/// The share that applied to this entity: the routing probability that evidence must be stamped with.
/// </param>
public readonly record struct Assigned(string Release, AssignReason Reason, Share CandidateShare);

/// <summary>Why a request went where it went; lower case on the wire.</summary>
public enum AssignReason
{
    /// <summary>Nothing moved it.</summary>
    Stable,

    /// <summary>A segment it belongs to.</summary>
    Segment,

    /// <summary>Its bucket lies inside the share.</summary>
    Share,

    /// <summary>The whole service was switched.</summary>
    Switched,

    /// <summary>The caller named the release and had the right to.</summary>
    Override,

    /// <summary>The ledger answered with a recorded response.</summary>
    Replayed,
}
