using System.Net;
using System.Net.Sockets;
using Handover.Core.Catalog;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// Sends recorded requests through the gateway's member route, under a signed pin whose purpose says that nothing may
/// come of it. gRPC goes over HTTP/2, whose address is another one.
/// </summary>
public sealed class GatewayWarmTarget(
    Func<Service, Uri?> urlOf,
    Func<Pin, string> sign,
    TimeProvider time,
    Purpose purpose
) : IWarmTarget, IDisposable
{
    private const int MostBytes = 8 << 20;
    private static readonly TimeSpan PinLife = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(Handler())
    {
        Timeout = TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = MostBytes,
    };

    /// <inheritdoc/>
    public async Task<WarmAnswer> AskAsync(Service service, string release, Exchange recorded, CancellationToken cancel)
    {
        var pin = new Pin(service.Name, release, recorded.Epoch, purpose, time.GetUtcNow() + PinLife);
        if (urlOf(service) is not { } gateway)
        {
            return new WarmAnswer(Ok: false, [], "this node has no HTTP/2 address; start it with --http2-url");
        }

        bool grpc = service.Protocol == WireProtocol.OpenInferenceGrpc;
        var uri = new Uri(gateway, $"/-/services/{service.Name}/members/{service.Entry}{recorded.Path}");
        using var request = new HttpRequestMessage(new HttpMethod(recorded.Method), uri)
        {
            Version = grpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (grpc)
        {
            request.Headers.TE.ParseAdd("trailers");
        }

        request.Headers.TryAddWithoutValidation("baggage", $"{Pin.BaggageKey}={sign(pin)}");
        if (recorded.Request is { } body)
        {
            request.Content = new ReadOnlyMemoryContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", recorded.ContentType ?? "application/json");
        }

        try
        {
            using HttpResponseMessage response = await _http.SendAsync(request, cancel);
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancel);
            int status = grpc ? GrpcOutcome.StatusOf(response) : (int)response.StatusCode;
            bool good = status is >= 200 and < 300;
            return new WarmAnswer(good, answer, good ? null : $"status {status}");
        }
        catch (Exception e)
            when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return new WarmAnswer(Ok: false, [], e.Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private static SocketsHttpHandler Handler() =>
        new()
        {
            ActivityHeadersPropagator = null,
            UseProxy = false,
            ConnectCallback = async (context, cancel) =>
                await ElsewhereStream.OfAsync(await Dial.ToAsync(context.DnsEndPoint, cancel)),
        };
}
