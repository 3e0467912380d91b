using Microsoft.AspNetCore.Http;

namespace Handover.Control.Api;

/// <summary>
/// Names the kind of a handler. A bare lambda from HttpContext to Task would be taken for a RequestDelegate, whose
/// result nobody writes to the caller.
/// </summary>
internal static class Handler
{
    public static Delegate Of(Func<HttpContext, Task<IResult>> handler) => handler;

    public static Delegate Of(Func<HttpContext, IResult> handler) => handler;
}
