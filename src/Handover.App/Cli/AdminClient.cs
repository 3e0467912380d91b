using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Handover.Protocol;

namespace Handover.App.Cli;

/// <summary>
/// The admin API as a program sees it. The one place that knows HTTP: every command goes through here, and every error
/// comes out as an <see cref="AdminFailure"/> that says what to do.
/// </summary>
public sealed class AdminClient : IDisposable
{
    private readonly HttpClient _http;

    /// <summary>A client for one server.</summary>
    public AdminClient(Uri server, string? token, TimeSpan timeout, HttpMessageHandler? handler = null)
    {
        Server = server;
        Timeout = timeout;
        _http = new HttpClient(handler ?? new SocketsHttpHandler { UseProxy = false }, disposeHandler: handler is null)
        {
            BaseAddress = server,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 256 << 20,
        };
        if (token is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>The server.</summary>
    public Uri Server { get; }

    /// <summary>How long an answer may take.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>Reads one thing.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        (await GetTaggedAsync(path, type, cancel)).Value;

    /// <summary>Reads one thing with its version.</summary>
    public async Task<(T Value, string? ETag)> GetTaggedAsync<T>(
        string path,
        JsonTypeInfo<T> type,
        CancellationToken cancel
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, type, cancel);
    }

    /// <summary>Reads a list to its end, or to <paramref name="most"/> items.</summary>
    public async Task<IReadOnlyList<T>> ListAsync<T>(
        string path,
        JsonTypeInfo<Page<T>> type,
        CancellationToken cancel,
        int most = 10_000
    )
    {
        var all = new List<T>();
        string? token = null;
        do
        {
            string separator = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
            string next = $"{path}{separator}pageSize={Math.Min(most - all.Count, 1000)}";
            next += token is null ? "" : $"&pageToken={Uri.EscapeDataString(token)}";
            Page<T> page = await GetAsync(next, type, cancel);
            all.AddRange(page.Items);
            token = page.NextPageToken;
        } while (token is not null && all.Count < most);

        return all;
    }

    /// <summary>
    /// Sends a command. A fresh Idempotency-Key goes with it, so that a lost answer never means a second run.
    /// </summary>
    public async Task<(TOut Value, string? ETag)> PostAsync<TIn, TOut>(
        string path,
        TIn body,
        JsonTypeInfo<TIn> bodyType,
        JsonTypeInfo<TOut> type,
        CancellationToken cancel,
        string? ifMatch = null
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = JsonContent.Create(body, bodyType),
        };
        return await PostAsync(request, type, ifMatch, cancel);
    }

    /// <summary>Sends a body of another kind.</summary>
    public async Task<TOut> PostAsync<TOut>(
        string path,
        HttpContent content,
        JsonTypeInfo<TOut> type,
        CancellationToken cancel
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        return (await PostAsync(request, type, null, cancel)).Value;
    }

    /// <summary>Follows server-sent events until the server ends them.</summary>
    public async IAsyncEnumerable<(string Name, string Data)> EventsAsync(
        string path,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd(MediaTypes.EventStream);
        using HttpResponseMessage response = await ReachAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancel
        );
        await ThrowIfErrorAsync(response, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel), Encoding.UTF8);
        string name = "message";
        var data = new StringBuilder();
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (line.Length == 0)
            {
                if (data.Length > 0)
                {
                    yield return (name, data.ToString());
                }

                name = "message";
                data.Clear();
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data.Append(line, 6, line.Length - 6);
            }
        }
    }

    /// <summary>Reads documents line by line (NDJSON) until the server ends them or the caller gives up.</summary>
    public IAsyncEnumerable<T> LinesAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        LinesAsync(path, body: null, type, cancel);

    /// <summary>The same from a POST with a body; from a GET when that is null.</summary>
    public async IAsyncEnumerable<T> LinesAsync<T>(
        string path,
        HttpContent? body,
        JsonTypeInfo<T> type,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path);
        request.Content = body;
        request.Headers.Accept.ParseAdd(MediaTypes.NdJson);
        using HttpResponseMessage response = await ReachAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            cancel
        );
        await ThrowIfErrorAsync(response, cancel);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel), Encoding.UTF8);
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            yield return JsonSerializer.Deserialize(line, type)
                ?? throw AdminFailure.Of("bad-answer", 502, $"{Server} sent an empty line.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private Task<(TOut Value, string? ETag)> PostAsync<TOut>(
        HttpRequestMessage request,
        JsonTypeInfo<TOut> type,
        string? ifMatch,
        CancellationToken cancel
    )
    {
        request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{Guid.NewGuid():N}\"");
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return SendAsync(request, type, cancel);
    }

    private async Task<(T Value, string? ETag)> SendAsync<T>(
        HttpRequestMessage request,
        JsonTypeInfo<T> type,
        CancellationToken cancel
    )
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limited.CancelAfter(Timeout);
        try
        {
            using HttpResponseMessage response = await ReachAsync(
                request,
                HttpCompletionOption.ResponseContentRead,
                limited.Token
            );
            await ThrowIfErrorAsync(response, limited.Token);
            T? value = await response.Content.ReadFromJsonAsync(type, limited.Token);
            return value is null
                ? throw AdminFailure.Of(
                    "bad-answer",
                    502,
                    $"{Server} answered without a body; is it a Handover admin API?"
                )
                : (value, response.Headers.ETag?.ToString());
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            string what =
                $"{request.Method} {request.RequestUri} had no answer from {Server} within {Durations.Text(Timeout)}";
            throw AdminFailure.Of("timed-out", 504, $"{what}; give it longer with --timeout.");
        }
        catch (JsonException e)
        {
            string detail =
                $"{Server} answered something else than expected; is it a Handover admin API? ({e.Message})";
            throw AdminFailure.Of("bad-answer", 502, detail);
        }
    }

    private async Task<HttpResponseMessage> ReachAsync(
        HttpRequestMessage request,
        HttpCompletionOption completion,
        CancellationToken cancel
    )
    {
        try
        {
            return await _http.SendAsync(request, completion, cancel);
        }
        catch (HttpRequestException e)
        {
            string detail =
                $"{Server} cannot be reached: {e.Message}. "
                + "Start a node with 'handover run DIR', or name it with --server.";
            throw AdminFailure.Of("unreachable", 0, detail);
        }
    }

    private async Task ThrowIfErrorAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        if (response.Content.Headers.ContentType?.MediaType == MediaTypes.Problem)
        {
            ProblemDocument? problem = await response.Content.ReadFromJsonAsync(
                ProtocolJson.Lenient.ProblemDocument,
                cancel
            );
            if (problem is not null)
            {
                throw new AdminFailure(problem);
            }
        }

        int status = (int)response.StatusCode;
        throw AdminFailure.Of("bad-answer", status, $"{Server} answered {status}; is it a Handover admin API?");
    }
}
