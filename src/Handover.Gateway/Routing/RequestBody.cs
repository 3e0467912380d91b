using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Handover.Gateway.Routing;

/// <summary>Bounds a request's body, and reads it ahead where routing depends on what is in it.</summary>
internal static class RequestBody
{
    private const int Light = 64 * 1024;

    /// <summary>
    /// Sets the service's bound; a length that is announced above it is refused before anything is read.
    /// </summary>
    public static Refusal? Bound(HttpContext context, long limit)
    {
        if (context.Request.ContentLength > limit)
        {
            return Refusal.BodyTooLarge(limit);
        }

        IHttpMaxRequestBodySizeFeature? feature = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (feature is { IsReadOnly: false })
        {
            feature.MaxRequestBodySize = limit;
        }

        if (context.Request.ContentLength is null && HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Request.Body = new BoundedBody(context.Request.Body, limit);
        }

        return null;
    }

    /// <summary>Reads the body and puts the copy in its place, so that the member still gets it.</summary>
    /// <returns>The body, or why it could not be read.</returns>
    public static async Task<(ReadOnlyMemory<byte> Body, Refusal? Refused)> BufferAsync(HttpContext context, long limit)
    {
        var buffer = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 4096, limit));
        try
        {
            await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            bool large = e.StatusCode == StatusCodes.Status413PayloadTooLarge;
            return (default, large ? Refusal.BodyTooLarge(limit) : Refusal.BadBody());
        }

        if (buffer.Length > Light)
        {
            // To find an entity in it takes as long as many requests do: not on the thread that they wait for.
            await Task.Yield();
        }

        buffer.Position = 0;
        context.Request.Body = buffer;
        return (buffer.GetBuffer().AsMemory(0, (int)buffer.Length), null);
    }
}
