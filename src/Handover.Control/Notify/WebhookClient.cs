using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Ports;

namespace Handover.Control.Notify;

/// <summary>
/// Sends one signed event and reads the answer. The address is one that users wrote, so it is dialled under the URL
/// policy, no redirect is followed, and little of the answer is read. An acknowledgement counts only when the answer
/// itself is signed with the shared secret, for this very event.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    private const int MostAnswer = 64 << 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly string _directory;
    private readonly UrlPolicy _policy;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    /// <summary>A client whose secrets lie in the configuration directory.</summary>
    public WebhookClient(string directory, UrlPolicy policy, TimeProvider time)
    {
        _directory = directory;
        _policy = policy;
        _time = time;
        _http = new HttpClient(policy.CreateHandler())
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostAnswer,
        };
    }

    /// <summary>Sends it once.</summary>
    public async Task<WebhookAnswer> SendAsync(Notification sent, NotifyTarget target, CancellationToken cancel)
    {
        if (_policy.Check(target.Url) is { } refused)
        {
            return WebhookAnswer.Failed(refused.ToString());
        }

        Result<IReadOnlyList<byte[]>> secrets = WebhookSecret.Read(_directory, target.SecretFile);
        if (!secrets.Ok)
        {
            return WebhookAnswer.Failed(secrets.Problems[0].ToString());
        }

        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(Patience);
        try
        {
            using HttpRequestMessage request = Request(sent, target, secrets.Value);
            using HttpResponseMessage answer = await _http.SendAsync(request, bound.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return WebhookAnswer.Failed($"{target.Url.Authority} answered {(int)answer.StatusCode}");
            }

            byte[] body = await answer.Content.ReadAsByteArrayAsync(bound.Token);
            return Read(sent, answer.Headers, body, secrets.Value);
        }
        catch (HttpRequestException e)
        {
            return WebhookAnswer.Failed($"{target.Url.Authority} was not reached: {e.Message}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return WebhookAnswer.Failed($"{target.Url.Authority} did not answer within {Patience.TotalSeconds:0} s");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(Notification sent, NotifyTarget target, IReadOnlyList<byte[]> secrets)
    {
        byte[] body = Encoding.UTF8.GetBytes(sent.Body);
        string timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, target.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/cloudevents+json", "utf-8");
        request.Headers.TryAddWithoutValidation(WebhookSignature.IdHeader, sent.Id);
        request.Headers.TryAddWithoutValidation(WebhookSignature.TimestampHeader, timestamp);
        request.Headers.TryAddWithoutValidation(
            WebhookSignature.SignatureHeader,
            WebhookSignature.Sign(secrets, sent.Id, timestamp, body)
        );
        return request;
    }

    private WebhookAnswer Read(
        Notification sent,
        HttpResponseHeaders headers,
        byte[] body,
        IReadOnlyList<byte[]> secrets
    )
    {
        if (Acknowledged(body) is not { } digest)
        {
            return WebhookAnswer.Took;
        }

        bool signed =
            One(headers, WebhookSignature.IdHeader) == sent.Id
            && WebhookSignature.Verify(
                secrets,
                sent.Id,
                One(headers, WebhookSignature.TimestampHeader),
                One(headers, WebhookSignature.SignatureHeader),
                body,
                _time.GetUtcNow()
            );
        return signed
            ? WebhookAnswer.Took with
            {
                AcknowledgedDigest = digest,
            }
            : WebhookAnswer.Took with
            {
                Trouble = "its answer acknowledges, but is not signed for this event",
            };
    }

    private static string? Acknowledged(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 8 });
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("acknowledge", out JsonElement digest)
                && digest.ValueKind == JsonValueKind.String
                ? digest.GetString()
                : null;
        }
        catch (Exception e) when (BadJson.Is(e))
        {
            // Anything else than JSON is an answer without an acknowledgement; most consumers answer nothing at all.
            return null;
        }
    }

    private static string One(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out IEnumerable<string>? values) && values.ToList() is [var one] ? one : "";
}

/// <summary>How one try to tell a consumer ended.</summary>
/// <param name="Delivered">Whether the consumer took it (2xx).</param>
/// <param name="Trouble">What was wrong; null when nothing was.</param>
public sealed record WebhookAnswer(bool Delivered, string? Trouble)
{
    /// <summary>The consumer took it.</summary>
    public static WebhookAnswer Took { get; } = new(true, null);

    /// <summary>Digest of the release that the signed answer acknowledges; null when it acknowledges none.</summary>
    public string? AcknowledgedDigest { get; init; }

    /// <summary>The consumer did not take it.</summary>
    public static WebhookAnswer Failed(string why) => new(false, why);
}
