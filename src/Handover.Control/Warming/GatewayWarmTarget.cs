using Handover.Core.Catalog;
using Handover.Core.Traffic;
using Handover.Ports;

namespace Handover.Control.Warming;

/// <summary>
/// Sends recorded requests through the gateway's member route, under a signed pin whose purpose says that nothing may
/// come of it.
/// </summary>
public sealed class GatewayWarmTarget(Func<Uri> dataUrl, Func<Pin, string> sign, TimeProvider time, Purpose purpose)
    : IWarmTarget,
        IDisposable
{
    private const int MostBytes = 8 << 20;
    private static readonly TimeSpan PinLife = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null })
    {
        Timeout = TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = MostBytes,
    };

    /// <inheritdoc/>
    public async Task<WarmAnswer> AskAsync(Service service, string release, Exchange recorded, CancellationToken cancel)
    {
        var pin = new Pin(service.Name, release, recorded.Epoch, purpose, time.GetUtcNow() + PinLife);
        var uri = new Uri(dataUrl(), $"/-/services/{service.Name}/members/{service.Entry}{recorded.Path}");
        using var request = new HttpRequestMessage(new HttpMethod(recorded.Method), uri);
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
            return new WarmAnswer(
                response.IsSuccessStatusCode,
                answer,
                response.IsSuccessStatusCode ? null : $"status {(int)response.StatusCode}"
            );
        }
        catch (Exception e)
            when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return new WarmAnswer(Ok: false, [], e.Message);
        }
    }

    public void Dispose() => _http.Dispose();
}
