using System.Text;
using Handover.Core.Foundation;

namespace Handover.Core.Traffic;

/// <summary>
/// The pure function from entity to release for one routing document. The draw is flagd's fractional v2 with the
/// candidate's bucket first: <c>(murmur3_x86_32(utf8("{salt}:{entity}")) * 100000) &gt;&gt; 32</c>. A growing share
/// therefore only ever adds entities to the candidate and never moves one back.
/// </summary>
public static class Assignment
{
    private const int MostStack = 1024;

    private static readonly Dictionary<string, string> NoAttributes = [];

    /// <summary>The entity's bucket in [0, 100,000); <c>("price-v2", "c-1")</c> gives 93,796.</summary>
    public static int Bucket(string salt, string entity)
    {
        int most = Encoding.UTF8.GetMaxByteCount(salt.Length + entity.Length) + 1;
        Span<byte> key = most <= MostStack ? stackalloc byte[MostStack] : new byte[most];
        int length = Encoding.UTF8.GetBytes(salt, key);
        key[length++] = (byte)':';
        length += Encoding.UTF8.GetBytes(entity, key[length..]);
        return (int)(((ulong)Murmur3.Hash(key[..length]) * Share.Whole) >> 32);
    }

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
        string? segment = null;
        var barred = false;
        IReadOnlyList<SegmentShare> segments = routing.Segments;
        for (int i = 0; i < segments.Count; i++)
        {
            SegmentShare own = segments[i];
            if (own.Segment.When.Matches(attributes ?? NoAttributes, entity, own.Segment.Name))
            {
                segment ??= own.Segment.Name;
                barred |= own.Barred;
                share = own.Share.Parts > share.Parts ? own.Share : share;
            }
        }

        if (barred)
        {
            return OnStable(routing) with { Segment = segment };
        }

        if (share.Parts > 0 && Bucket(routing.Salt, entity) < share.Parts)
        {
            bool bySegment = share.Parts > routing.Share.Parts;
            AssignReason reason = bySegment ? AssignReason.Segment : AssignReason.Share;
            return new Assigned(routing.Candidate, reason, share) { Segment = segment };
        }

        return OnStable(routing) with
        {
            CandidateShare = share,
            Segment = segment,
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
public readonly record struct Assigned(string Release, AssignReason Reason, Share CandidateShare)
{
    /// <summary>
    /// The segment that the entity belongs to: of those that the routing names, the first declared that covers it;
    /// null when none does.
    /// </summary>
    public string? Segment { get; init; }
}

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
