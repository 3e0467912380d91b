using System.Net;
using System.Net.Http.Headers;

namespace Diamonds.Similar;

/// <summary>
/// Calls another member of the same release through the gateway. The headers that carry the pin go on as they came:
/// without <c>baggage</c> the gateway would not know the release, and the hop would be refused.
/// </summary>
public sealed class MemberCall(Uri members) : IDisposable
{
    private static readonly string[] PassedOn =
    [
        "baggage",
        "traceparent",
        "tracestate",
        "Handover-Request-Id",
        "Handover-Purpose",
    ];

    private readonly HttpClient client = new(
        new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null, // The caller's traceparent is passed on as it is.
            MaxConnectionsPerServer = 256,
        }
    )
    {
        Timeout = TimeSpan.FromSeconds(10),
        MaxResponseContentBufferSize = 4 << 20,
    };

    /// <summary>Asks a member; the answer's status and body are the member's.</summary>
    public async Task<(int Status, byte[] Body)> AskAsync(HttpContext caller, string member, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(members, $"{member}/v2/models/price/infer"))
        {
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (string name in PassedOn)
        {
            if (caller.Request.Headers.TryGetValue(name, out Microsoft.Extensions.Primitives.StringValues values))
            {
                request.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request, caller.RequestAborted);
            return ((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(caller.RequestAborted));
        }
        catch (HttpRequestException e)
        {
            return ((int)HttpStatusCode.BadGateway, Wire.Error($"The member {member} was not reached: {e.Message}"));
        }
        catch (OperationCanceledException) when (!caller.RequestAborted.IsCancellationRequested)
        {
            return ((int)HttpStatusCode.GatewayTimeout, Wire.Error($"The member {member} did not answer in time."));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
