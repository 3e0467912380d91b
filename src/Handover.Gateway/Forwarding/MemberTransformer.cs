using Handover.Gateway.Grpc;
using Handover.Ports;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace Handover.Gateway.Forwarding;

/// <summary>
/// What changes between the caller's request and the member's, and between the member's answer and the caller's: our
/// own headers, and the target, which is sent byte for byte as it was judged. Everything else passes untouched.
/// </summary>
/// <param name="passage">The request.</param>
/// <param name="sending">Called when the request is about to be sent.</param>
/// <param name="answered">Called when the answer's headers are here.</param>
internal sealed class MemberTransformer(Passage passage, Action sending, Action answered) : HttpTransformer
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <inheritdoc/>
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext,
        HttpRequestMessage proxyRequest,
        string destinationPrefix,
        CancellationToken cancellationToken
    )
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = new Uri(destinationPrefix + passage.MemberTarget, Verbatim);
        proxyRequest.Headers.Host = null;
        proxyRequest.Headers.TryAddWithoutValidation(HandoverHeaders.RequestId, passage.RequestId);
        proxyRequest.Headers.TryAddWithoutValidation(HandoverHeaders.Purpose, HandoverHeaders.Text(passage.Purpose));
        if (passage.BaggageOut is not null)
        {
            proxyRequest.Headers.TryAddWithoutValidation(Baggage.Header, passage.BaggageOut);
        }

        if (passage.Adapter is not null)
        {
            proxyRequest.Headers.Remove("Accept-Encoding");
        }

        sending();
    }

    /// <inheritdoc/>
    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext,
        HttpResponseMessage? proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (proxyResponse is not null)
        {
            answered();
            passage.GrpcCode =
                passage.Grpc && proxyResponse.Headers.Contains(GrpcOutcome.Field)
                    ? GrpcOutcome.CodeOf(proxyResponse)
                    : null;
        }

        bool copyBody = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is not null)
        {
            passage.Adapted?.Begin(proxyResponse, httpContext.Response);
        }

        if (passage.GrpcCode is not null)
        {
            GrpcCall.EndByTrailers(httpContext.Response);
        }

        HandoverHeaders.Strip(httpContext.Response.Headers);
        httpContext.Response.Headers.Remove(Baggage.Header);
        HandoverHeaders.Stamp(httpContext.Response, passage);
        return copyBody;
    }

    /// <inheritdoc/>
    public override async ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext,
        HttpResponseMessage proxyResponse,
        CancellationToken cancellationToken
    )
    {
        if (passage.Grpc)
        {
            passage.GrpcCode = GrpcOutcome.CodeOf(proxyResponse);
        }

        foreach (string name in proxyResponse.TrailingHeaders.Select(h => h.Key).Where(HandoverHeaders.IsOurs).ToList())
        {
            proxyResponse.TrailingHeaders.Remove(name);
        }

        await base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
    }
}
