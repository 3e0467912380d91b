using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// ETag and If-Match: whoever changes something must have seen what it is now. 428 when the caller does not say what it
/// saw, 412 when that is no longer so. <c>If-Match: *</c> says "whatever it is", for commands that mean the same in any
/// state.
/// </summary>
internal static class Preconditions
{
    /// <summary>Sends the tag.</summary>
    public static void Tag(HttpContext context, string etag) => context.Response.Headers.ETag = Quote(etag);

    /// <summary>Whether the caller has this version already, for 304.</summary>
    public static bool Unchanged(HttpContext context, string etag) =>
        context.Request.Headers.IfNoneMatch.Count > 0 && Matches(context.Request.Headers.IfNoneMatch, etag);

    /// <summary>Null when the caller may go on, else the answer.</summary>
    public static IResult? Check(HttpContext context, string etag)
    {
        Tag(context, etag);
        if (context.Request.Headers.IfMatch.Count == 0)
        {
            return ApiProblems.Of(
                context,
                428,
                "precondition-missing",
                "say which version you saw: send its ETag as If-Match, or If-Match: * for whatever it is."
            );
        }

        return Matches(context.Request.Headers.IfMatch, etag)
            ? null
            : ApiProblems.Of(context, 412, "stale", $"it is at {Quote(etag)} now: read it again, then decide again.");
    }

    private static bool Matches(IEnumerable<string?> header, string etag) =>
        header
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries))
            .Any(tag => tag == "*" || string.Equals(tag, Quote(etag), StringComparison.Ordinal));

    private static string Quote(string etag) => $"\"{etag}\"";
}
