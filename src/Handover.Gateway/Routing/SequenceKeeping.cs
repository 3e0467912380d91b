using System.Globalization;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Routing;

/// <summary>What belonging to a sequence means for one request on its way through the edge.</summary>
internal static class SequenceKeeping
{
    /// <summary>The sequence of a request; null when the service keeps none, or the request names none.</summary>
    public static SequenceReading? Of(HttpRequest request, Passage passage, ReadOnlyMemory<byte> body) =>
        passage.Snapshot.Service.Sequences is null || !passage.Inference ? null
        : passage.Grpc ? SequenceReading.OfGrpc(body.Span)
        : SequenceReading.Of(JsonPart(request, body));

    // Tensors in binary follow the JSON, whose length the binary data extension of Open Inference tells in a header.
    private static ReadOnlyMemory<byte> JsonPart(HttpRequest request, ReadOnlyMemory<byte> body) =>
        int.TryParse(
            request.Headers["Inference-Header-Content-Length"].ToString(),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int length
        )
        && length <= body.Length
            ? body[..length]
            : body;

    // An open sequence goes where it began, through holds as well: the move does not concern it. Only where that
    // release is gone, closed or switched off does it begin anew.
    public static bool Follows(Passage passage)
    {
        ServiceSnapshot snapshot = passage.Snapshot;
        if (
            passage.Sequence is not { } sequence
            || snapshot.Service.Sequences is not { } policy
            || passage.Unit.Sequences.Find(policy, passage.Entity, sequence) is not { } assigned
            || snapshot.Routing is null or { Closed: true }
            || snapshot.Forbids(assigned.Release)
            || snapshot.Pool(assigned.Release, snapshot.Service.Entry) is null
        )
        {
            return false;
        }

        passage.Release = assigned.Release;
        passage.Reason = assigned.Reason;
        passage.CandidateShare = assigned.CandidateShare;
        passage.Segment = assigned.Segment;
        passage.Epoch = snapshot.Epoch;
        passage.Member = snapshot.Service.Entry;
        return true;
    }

    /// <summary>Takes note of where a sequence begins; false when there is no room for another one.</summary>
    public static bool Opens(Passage passage) =>
        passage.Sequence is not { } sequence
        || passage.Snapshot.Service.Sequences is not { } policy
        || passage.Unit.Sequences.Keep(
            policy,
            passage.Entity,
            sequence,
            new Assigned(passage.Release, passage.Reason, passage.CandidateShare) { Segment = passage.Segment }
        );

    /// <summary>The request is over; was it its sequence's last, the sequence is too.</summary>
    public static void End(Passage passage)
    {
        if (passage.Sequence is { Ends: true } ended)
        {
            passage.Unit.Sequences.End(passage.Entity, ended);
        }
    }
}
