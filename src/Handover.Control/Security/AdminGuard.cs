using System.Globalization;
using Handover.Control.Api;
using Microsoft.AspNetCore.Http;

namespace Handover.Control.Security;

/// <summary>
/// The door of the admin API. Every request passes it before any handler: Host, Origin, token, in this order. What a
/// caller may do is decided per route by <see cref="Need"/>.
/// </summary>
public sealed class AdminGuard(AdminAddress address, TokenStore tokens, AuthFailureLimit failures)
{
    private static readonly object CallerKey = new();

    /// <summary>Requests that were turned away at the door.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    private long _refused;

    /// <summary>Who asks.</summary>
    public static Caller CallerOf(HttpContext context) =>
        context.Items.TryGetValue(CallerKey, out object? caller) ? (Caller)caller! : Caller.Anonymous;

    /// <summary>Lets the request in, or answers it.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!address.Accepts(context.Request.Host.Host))
        {
            await Refuse(
                context,
                421,
                "host-not-allowed",
                "this is not a name of the admin API; address it by its own."
            );
            return;
        }

        if (!SameOrigin(context.Request))
        {
            await Refuse(context, 403, "cross-origin", "pages of other origins may not use the admin API.");
            return;
        }

        if (IsOpen(context.Request.Path))
        {
            await next(context);
            return;
        }

        string? token = Bearer(context.Request);
        if (token is null)
        {
            if (!address.Loopback || !(IsRead(context.Request.Method) || IsEvaluation(context.Request.Path)))
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
                await Refuse(context, 401, "unauthenticated", "a token is needed: send Authorization: Bearer TOKEN.");
                return;
            }

            context.Items[CallerKey] = Caller.Anonymous;
        }
        else if (tokens.Verify(token) is { } caller)
        {
            context.Items[CallerKey] = caller;
        }
        else
        {
            await RefuseToken(context);
            return;
        }

        await next(context);
    }

    /// <summary>Null when the caller has the permission, else the answer.</summary>
    public static IResult? Need(HttpContext context, Permission permission)
    {
        Caller caller = CallerOf(context);
        if (caller.Role.Allow(permission))
        {
            return null;
        }

        return ReferenceEquals(caller, Caller.Anonymous)
            ? ApiProblems.Of(context, 401, "unauthenticated", "a token is needed: send Authorization: Bearer TOKEN.")
            : ApiProblems.Of(
                context,
                403,
                "forbidden",
                $"'{caller.Name}' is {caller.Role.Text()}, "
                    + $"which may not {permission.ToString().ToLowerInvariant()} here."
            );
    }

    private async Task RefuseToken(HttpContext context)
    {
        TimeSpan? wait = failures.Failed(context.Connection.RemoteIpAddress);
        if (wait is { } time)
        {
            int seconds = Math.Max(1, (int)Math.Ceiling(time.TotalSeconds));
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            await Refuse(
                context,
                429,
                "too-many-failures",
                "too many wrong tokens from this address; wait, then use the right one."
            );
            return;
        }

        context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        await Refuse(
            context,
            401,
            "unauthenticated",
            "the token is not known here: it may be another node's, or replaced."
        );
    }

    private Task Refuse(HttpContext context, int status, string code, string detail)
    {
        Interlocked.Increment(ref _refused);
        return ApiProblems.Of(context, status, code, detail).ExecuteAsync(context);
    }

    // A browser sends Origin with every request that changes something; programs send none. The token is never a
    // cookie, so this is the second wall, not the first.
    private static bool SameOrigin(HttpRequest request)
    {
        if (
            string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.Ordinal)
            && !IsRead(request.Method)
        )
        {
            return false;
        }

        string? origin = request.Headers.Origin;
        return string.IsNullOrEmpty(origin)
            || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    // OFREP asks with POST and changes nothing.
    private static bool IsEvaluation(PathString path) =>
        path.StartsWithSegments("/ofrep/v1/evaluate", StringComparison.Ordinal);

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    // Probes have no token; they say nothing but yes or no to those without one.
    private static bool IsOpen(PathString path) => path == "/livez" || path == "/readyz";

    private static string? Bearer(HttpRequest request)
    {
        // OFREP knows both; the token is the same.
        string? key = request.Headers["X-API-Key"];
        string? header = request.Headers.Authorization;
        header = string.IsNullOrEmpty(header) && IsEvaluation(request.Path) ? key : header;
        return header is not null && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            ? header[7..].Trim()
            : header;
    }
}
