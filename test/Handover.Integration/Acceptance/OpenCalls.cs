using System.Collections.Concurrent;
using System.Diagnostics;
using Diamonds.Load;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Callers that do not wait for each other: one request every twenty milliseconds, whatever became of those before, so
/// that a service that is closed is seen closed.
/// </summary>
internal sealed class OpenCalls : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly byte[] Body = DiamondRows.HeldOut()[0].Body;

    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly ConcurrentQueue<Call> _calls = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _url;
    private readonly Task _running;

    public OpenCalls(Uri url)
    {
        _url = url;
        _running = RunAsync();
    }

    /// <summary>Every request that was answered, in the order in which they were sent.</summary>
    public IReadOnlyList<Call> All => [.. _calls.OrderBy(c => c.Sent)];

    /// <summary>Waits until so many more requests were answered with 200.</summary>
    public async Task AnsweredAsync(int more)
    {
        int wanted = _calls.Count(c => c.Status == 200) + more;
        var watch = Stopwatch.StartNew();
        while (_calls.Count(c => c.Status == 200) < wanted)
        {
            if (watch.Elapsed > Patience)
            {
                throw new TimeoutException($"{_calls.Count} answers, the last {_calls.LastOrDefault()}");
            }

            await Task.Delay(10);
        }
    }

    private async Task RunAsync()
    {
        var open = new List<Task>();
        using var timer = new PeriodicTimer(Every);
        for (int i = 0; !_stop.IsCancellationRequested; i++)
        {
            open.Add(AskAsync($"c-{i % 50}"));
            open.RemoveAll(t => t.IsCompleted);
            await timer.WaitForNextTickAsync();
        }

        await Task.WhenAll(open);
    }

    private async Task AskAsync(string customer)
    {
        DateTimeOffset sent = TimeProvider.System.GetUtcNow();
        using var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("x-customer-id", customer);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, _stop.Token);
            await answer.Content.ReadAsByteArrayAsync(_stop.Token);
            string? release = answer.Headers.TryGetValues("Handover-Release", out var values) ? values.First() : null;
            _calls.Enqueue(
                new Call(
                    sent,
                    TimeProvider.System.GetUtcNow(),
                    (int)answer.StatusCode,
                    release,
                    answer.Headers.RetryAfter?.Delta
                )
            );
        }
        catch (HttpRequestException)
        {
            _calls.Enqueue(new Call(sent, TimeProvider.System.GetUtcNow(), 0, null, null));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test has ended.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _http.Dispose();
        _stop.Dispose();
    }
}

/// <summary>One request as its caller saw it.</summary>
/// <param name="Sent">When it was sent.</param>
/// <param name="Answered">When its answer was complete.</param>
/// <param name="Status">Status code; 0 when there was no answer.</param>
/// <param name="Release">The release that the answer named.</param>
/// <param name="RetryAfter">When to try again, where the answer says so.</param>
internal sealed record Call(
    DateTimeOffset Sent,
    DateTimeOffset Answered,
    int Status,
    string? Release,
    TimeSpan? RetryAfter
);
