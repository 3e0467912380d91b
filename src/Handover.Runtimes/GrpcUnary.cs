// Why: what a member is asked in gRPC is asked the same way: one message there, one message back, both bounded.
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using Handover.Core.Payloads;
using Handover.Ports;

namespace Handover.Runtimes;

/// <summary>One unary call to a member.</summary>
internal static class GrpcUnary
{
    // Statuses of HTTP, which says that there is no gRPC at all, beside those of gRPC, which end at 16.
    private const int Http = 1000;

    /// <summary>
    /// The gRPC status and the frame of the answer. A status of HTTP other than 200 is one that <see cref="Told"/>
    /// knows.
    /// </summary>
    /// <param name="client">A client for the member.</param>
    /// <param name="path">The method.</param>
    /// <param name="message">The question.</param>
    /// <param name="most">Largest answer in bytes; of a larger one only so much, and one byte, is read.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<(int Code, byte[] Body)> AskAsync(
        HttpClient client,
        string path,
        byte[] message,
        int most,
        CancellationToken cancel
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrame.Write(message)),
        };
        request.Headers.TE.ParseAdd("trailers");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using HttpResponseMessage answer = await client.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancel
        );
        if (!answer.IsSuccessStatusCode)
        {
            return (Http + (int)answer.StatusCode, []);
        }

        // The status is in what follows the body, so all of it is read, and no more than so much of it.
        await using Stream stream = await answer.Content.ReadAsStreamAsync(cancel);
        byte[] body = new byte[most + 1];
        int read = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel);
        return (read > most ? GrpcStatus.Ok : GrpcOutcome.CodeOf(answer), body[..read]);
    }

    /// <summary>A status in words.</summary>
    public static string Told(int code) => code > Http ? $"{code - Http}" : $"gRPC status {code}";
}
