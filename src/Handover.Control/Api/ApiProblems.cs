using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// Turns problems into RFC 9457 answers: one table from code to status, so that a code means one status only.
/// </summary>
public static class ApiProblems
{
    private static readonly Dictionary<string, (int Status, string Title)> Known = new()
    {
        ["not-found"] = (404, "Not found"),
        ["unknown-rollout"] = (404, "Not found"),
        ["unknown-service"] = (404, "Not found"),
        ["unknown-release"] = (404, "Not found"),
        ["nothing-to-roll-back"] = (409, "The state does not allow it"),
        ["already-stable"] = (409, "The state does not allow it"),
        ["preempted"] = (409, "The state does not allow it"),
        ["move-aborted"] = (503, "Not available now"),
        ["gateway-silent"] = (503, "Not available now"),
        ["conflict"] = (409, "The state does not allow it"),
        ["own-approval"] = (403, "Somebody else must approve"),
        ["forbidden"] = (403, "Not allowed"),
        ["cross-origin"] = (403, "Other origins may not use the API"),
        ["unauthenticated"] = (401, "A token is needed"),
        ["host-not-allowed"] = (421, "Unknown host name"),
        ["too-many-failures"] = (429, "Too many wrong tokens"),
        ["not-supported-yet"] = (501, "Not supported yet"),
        ["too-large"] = (413, "The body is too large"),
        ["bad-body"] = (400, "The body cannot be read"),
        ["bad-query"] = (400, "The query cannot be read"),
        ["unsupported-media-type"] = (415, "Unsupported media type"),
        ["precondition-missing"] = (428, "If-Match is needed"),
        ["stale"] = (412, "It has changed meanwhile"),
        ["idempotency-bad"] = (400, "The Idempotency-Key cannot be read"),
        ["idempotency-reused"] = (422, "The Idempotency-Key was used for something else"),
        ["idempotency-running"] = (409, "The first request is still running"),
        ["contract-breaks"] = (422, "A contract would break"),
        ["timed-out"] = (504, "It took too long"),
        ["unavailable"] = (503, "Not available now"),
        ["internal"] = (500, "Something is wrong with Handover itself"),
    };

    /// <summary>An answer for one problem that the API itself found.</summary>
    public static IResult Of(HttpContext context, int status, string code, string detail)
    {
        string title = Known.TryGetValue(code, out var known) ? known.Title : "Refused";
        return new ProblemResult(Document(context, status, code, title, detail, []));
    }

    /// <summary>An answer for the problems of an operation.</summary>
    public static IResult Of(HttpContext context, IReadOnlyList<Problem> problems)
    {
        Problem first = problems[0];
        (int status, string title) = Known.TryGetValue(first.Code, out var known) ? known : (422, "Refused");
        string detail =
            problems.Count == 1 ? first.ToString() : $"{problems.Count} problems, the first: {first.ToString()}";
        return new ProblemResult(Document(context, status, first.Code, title, detail, problems));
    }

    private static ProblemDocument Document(
        HttpContext context,
        int status,
        string code,
        string title,
        string detail,
        IReadOnlyList<Problem> problems
    ) =>
        new($"https://handover.dev/problems/{code}", title, status, detail, code)
        {
            RequestId = context.TraceIdentifier,
            Errors =
            [
                .. problems
                    .Where(p => problems.Count > 1 || p.File is not null || p.Field is not null)
                    .Take(100)
                    .Select(p => new ProblemError(p.Fix is null ? p.Message : $"{p.Message} {p.Fix}")
                    {
                        Code = p.Code,
                        Pointer = p.Field is null
                            ? null
                            : "/" + p.Field.Replace('.', '/').Replace("[", "/").Replace("]", ""),
                        File = p.File,
                        Line = p.Line > 0 ? p.Line : null,
                        Column = p.Column > 0 ? p.Column : null,
                    }),
            ],
        };

    private sealed class ProblemResult(ProblemDocument document) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = document.Status;
            if (document.Status == 503)
            {
                httpContext.Response.Headers.RetryAfter = "1";
            }

            return httpContext.Response.WriteAsJsonAsync(
                document,
                ProtocolJson.Default.ProblemDocument,
                MediaTypes.Problem,
                httpContext.RequestAborted
            );
        }
    }
}
