using Handover.Core.Foundation;

namespace Handover.Core.Traffic;

/// <summary>
/// Which live requests are copied, and of which copies stable is asked a second time. Drawn by request id, so that
/// whoever asks, gateway or evidence, gets the same answer; a smaller share is a part of a larger one.
/// </summary>
public static class MirrorDraw
{
    /// <summary>Whether a request is copied to the candidate.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="share">Share of requests that are copied.</param>
    public static bool Copies(string requestId, Share share) => Draws("mirror", requestId, share);

    /// <summary>Whether stable is asked a second time about a request that is copied.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="share">Share of the copied requests.</param>
    public static bool Redraws(string requestId, Share share) => Draws("redraw", requestId, share);

    private static bool Draws(string salt, string requestId, Share share) =>
        share.Parts > 0 && Assignment.Bucket(salt, requestId) < share.Parts;
}
