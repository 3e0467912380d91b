// Why: whether a member can serve is asked in one way, whoever runs it.
using System.Net.Http;

namespace Handover.Runtimes;

/// <summary>Asks a member whether it is ready.</summary>
internal static class ReadyProbe
{
    /// <summary>
    /// Null when the path was answered with a 2xx status, else why it was not. The path of a gRPC method that tells
    /// health is called as one, and has to say yes. Throws only when cancelled.
    /// </summary>
    public static async Task<string?> AskAsync(
        HttpClient client,
        string path,
        TimeSpan timeout,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            if (GrpcReady.Is(path))
            {
                return await GrpcReady.AskAsync(client, path, either.Token);
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
            using HttpResponseMessage answer = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                either.Token
            );
            return answer.IsSuccessStatusCode ? null : $"{path} answered {(int)answer.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return $"{path}: {e.Message}";
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return $"{path} took longer than {timeout.TotalSeconds:0.###} s";
        }
    }
}
