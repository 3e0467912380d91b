using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Forwarding;

/// <summary>A request on its way to a member, with what watches it.</summary>
/// <param name="Context">The caller's exchange.</param>
/// <param name="Passage">What was decided.</param>
/// <param name="Body">The caller's body.</param>
/// <param name="Deadline">Until when the answer must have begun.</param>
/// <param name="Going">Called when the request is about to be sent.</param>
/// <param name="Answered">Called when the answer has begun.</param>
internal sealed record Sending(
    HttpContext Context,
    Passage Passage,
    RequestBodyStream Body,
    AnswerDeadline Deadline,
    Action Going,
    Action Answered
)
{
    // A stream that has begun may pause for so long between two pieces.
    private static readonly TimeSpan StreamIdle = TimeSpan.FromSeconds(100);

    /// <summary>How long an answer that has begun may pause.</summary>
    public TimeSpan Idle => Passage.Snapshot.Service.Errors.Timeout + StreamIdle;
}
