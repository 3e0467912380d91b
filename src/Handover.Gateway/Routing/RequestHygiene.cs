using Handover.Gateway.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Routing;

/// <summary>
/// Refuses what Kestrel lets through but another HTTP server could read differently. Two servers that disagree about
/// where a request ends let one caller write the start of another's request.
/// </summary>
internal static class RequestHygiene
{
    private static readonly HashSet<string> NeverStripped = new(StringComparer.OrdinalIgnoreCase)
    {
        "close",
        "keep-alive",
        "Host",
        "Content-Length",
        "Content-Type",
        "Transfer-Encoding",
        "baggage",
        "traceparent",
        "tracestate",
    };

    /// <summary>What is wrong with the framing or the kind of the request; null when nothing is.</summary>
    public static Refusal? Check(HttpContext context)
    {
        HttpRequest request = context.Request;
        IHeaderDictionary headers = request.Headers;
        StringValues encoding = headers.TransferEncoding;
        if (encoding.Count > 0)
        {
            // Kestrel takes the length off when both are given, and keeps it under this name.
            if (request.ContentLength is not null || headers.ContainsKey("X-Content-Length"))
            {
                return Refusal.Framing("Content-Length and Transfer-Encoding are both given.");
            }

            if (encoding.Count > 1 || !string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase))
            {
                return Refusal.Framing("The one transfer coding that is taken is 'chunked', once.");
            }

            if (request.Protocol == HttpProtocol.Http10)
            {
                return Refusal.Framing("HTTP/1.0 has no Transfer-Encoding.");
            }
        }

        foreach ((string name, _) in headers)
        {
            if (name.Contains('_') && IsFraming(name.Replace('_', '-')))
            {
                return Refusal.Framing("A framing header is spelt with an underscore.");
            }
        }

        if (
            headers.Expect.Count > 0
            && !string.Equals(headers.Expect, "100-continue", StringComparison.OrdinalIgnoreCase)
        )
        {
            return new Refusal(417, "bad-expect", "The expectation is not known.", "Only 100-continue is known.");
        }

        if (HttpMethods.IsConnect(request.Method) || HttpMethods.IsTrace(request.Method))
        {
            return new Refusal(405, "bad-method", "The method is not allowed.", "CONNECT and TRACE are not forwarded.");
        }

        return
            headers.Upgrade is { Count: > 0 } upgrade
            && upgrade.Any(u => u is not null && u.Contains("websocket", StringComparison.OrdinalIgnoreCase))
            ? Refusal.NotSupported("A WebSocket")
            : null;
    }

    /// <summary>Closes the connection after the answer where the caller asked for that in a list of names.</summary>
    public static void CloseIfAsked(HttpContext context)
    {
        StringValues connection = context.Request.Headers.Connection;
        if (
            connection.Count > 0
            && ConnectionEncoding.Names(connection).Contains("close", StringComparer.OrdinalIgnoreCase)
        )
        {
            context.Response.OnStarting(
                static response =>
                {
                    ((HttpResponse)response).Headers.Connection = "close";
                    return Task.CompletedTask;
                },
                context.Response
            );
        }
    }

    /// <summary>
    /// Takes off what must not be forwarded: headers that the caller named in Connection (but never those that frame or
    /// trace the request), our own headers, which only the gateway sets, the incoming baggage, which is written anew,
    /// and Expect.
    /// </summary>
    public static void Strip(IHeaderDictionary headers)
    {
        if (headers.Connection is { Count: > 0 } connection)
        {
            foreach (string name in ConnectionEncoding.Names(connection).ToList())
            {
                if (!NeverStripped.Contains(name))
                {
                    headers.Remove(name);
                }
            }
        }

        HandoverHeaders.Strip(headers);
        headers.Remove(Baggage.Header);
        headers.Remove("Expect");
    }

    private static bool IsFraming(string name) =>
        name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);
}
