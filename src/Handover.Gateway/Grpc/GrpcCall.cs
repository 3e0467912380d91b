using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Payloads;
using Handover.Gateway.Forwarding;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Handover.Gateway.Grpc;

/// <summary>
/// What is different about a request that is a gRPC call: it travels over HTTP/2 on both sides, its outcome stands in
/// trailers, and whoever made it can read an error only there.
/// </summary>
internal static class GrpcCall
{
    private const string ContentType = "application/grpc";

    private static readonly string[] StatusFields =
    [
        GrpcOutcome.Field,
        "grpc-message",
        "grpc-status-details-bin",
        "grpc-retry-pushback-ms",
    ];

    /// <summary>Whether a request is a gRPC call. Over HTTP/1.1 there are none, whatever their content says.</summary>
    public static bool Is(HttpRequest request) =>
        HttpProtocol.IsHttp2(request.Protocol)
        && HttpMethods.IsPost(request.Method)
        && request.ContentType is { } type
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>Why a service cannot take a request of this kind; null when it can.</summary>
    public static Refusal? Check(Service service, bool grpc, string path)
    {
        if (grpc != (service.Protocol == WireProtocol.OpenInferenceGrpc))
        {
            return grpc
                ? Refusal.NotSupported($"gRPC for service '{service.Name}', which is spoken to in HTTP,")
                : Refusal.GrpcOnly(service.Name);
        }

        return grpc && path.EndsWith("/ModelStreamInfer", StringComparison.Ordinal)
            ? Refusal.NotSupported("ModelStreamInfer")
            : null;
    }

    /// <summary>
    /// Asks the member not to compress its answer, so that it can be compared; what a caller accepts is about one
    /// connection, and the gateway is the caller here.
    /// </summary>
    public static void AskPlain(IHeaderDictionary headers) => headers["grpc-accept-encoding"] = "identity";

    /// <summary>
    /// Writes an answer that is nothing but a status. Nothing may have been sent before. It stands in trailers: gRPC
    /// knows "Trailers-Only" too, one frame that ends the stream, but the server here may end a stream by a frame of
    /// its own after the headers, and gRPC's core in C (Python, Ruby, PHP, C++) then believes no status.
    /// </summary>
    public static void EndWith(HttpResponse response, int code, string message)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.AppendTrailer(GrpcOutcome.Field, code.ToString());
        response.AppendTrailer("grpc-message", Escape(message));
    }

    /// <summary>A member's answer that is nothing but a status, in the same way.</summary>
    public static void EndByTrailers(HttpResponse response)
    {
        foreach (string name in StatusFields)
        {
            if (response.Headers.Remove(name, out StringValues value))
            {
                response.AppendTrailer(name, value);
            }
        }
    }

    /// <summary>Writes a whole answer of one message.</summary>
    public static async Task AnswerAsync(HttpResponse response, byte[] message, CancellationToken cancel)
    {
        response.ContentType = ContentType;
        await response.Body.WriteAsync(GrpcFrame.Write(message), cancel);
        response.AppendTrailer(GrpcOutcome.Field, new StringValues("0"));
    }

    // Source: gRPC over HTTP2, "Status-Message": what is not printable ASCII, and the percent sign, is percent-encoded.
    private static string Escape(string message)
    {
        var text = new StringBuilder(message.Length);
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
            {
                text.Append((char)b);
            }
            else
            {
                text.Append('%').Append(b.ToString("X2"));
            }
        }

        return text.ToString();
    }
}
