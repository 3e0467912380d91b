using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;

namespace Handover.Bench.Cutover;

/// <summary>
/// Callers who come at a fixed rate whether or not the answers do; a request's latency counts from when it was due, so
/// that a stall is not hidden by the requests that it kept from being sent.
/// </summary>
internal sealed class OpenLoad(Uri target, double rate) : IDisposable
{
    private static readonly byte[] Body = "{\"x\":[1,2,3]}"u8.ToArray();

    private readonly HttpClient _http = new(
        new SocketsHttpHandler
        {
            UseProxy = false,
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
        }
    )
    {
        Timeout = TimeSpan.FromSeconds(15),
    };

    /// <summary>What became of each request.</summary>
    public ConcurrentBag<LoadRecord> Records { get; } = [];

    /// <summary>Requests that got no 2xx answer.</summary>
    public int Failed => Records.Count(r => !r.Ok);

    /// <summary>Runs until told to stop, then waits for the answers.</summary>
    public async Task RunAsync(CancellationToken stop, bool keyed = false)
    {
        long start = Stopwatch.GetTimestamp();
        var open = new List<Task>();
        for (long n = 0; !stop.IsCancellationRequested; n++)
        {
            long due = start + (long)(n * Stopwatch.Frequency / rate);
            while (Stopwatch.GetTimestamp() < due)
            {
                TimeSpan left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                await Task.Delay(left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1));
            }

            open.Add(OneAsync(due, n, keyed));
            if (open.Count > 4096)
            {
                open.RemoveAll(t => t.IsCompleted);
            }
        }

        await Task.WhenAll(open);
    }

    /// <summary>99th percentile of the latencies in ms, without the requests that were due first.</summary>
    public double P99(int without)
    {
        double[] ms = [.. Records.OrderBy(r => r.Due).Skip(without).Select(r => r.Ms).Order()];
        return ms[(int)Math.Ceiling(0.99 * ms.Length) - 1];
    }

    /// <summary>Answers per second to sixteen callers of whom each waits for its answer, over two seconds.</summary>
    public static async Task<double> CarriedAsync(Uri target)
    {
        using var load = new OpenLoad(target, 1);
        for (int round = 0; round < 2; round++)
        {
            // The first round compiles and connects.
            load.Records.Clear();
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => OneAfterAnotherAsync(start, caller)));
        }

        return load.Records.Count(r => r.Ok) / 2.0;

        async Task OneAfterAnotherAsync(long start, int caller)
        {
            for (long n = caller; Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2); n += 16)
            {
                await load.OneAsync(Stopwatch.GetTimestamp(), n, keyed: false);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task OneAsync(long due, long n, bool keyed)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, target)
            {
                Content = new ByteArrayContent(Body),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add("x-customer-id", $"c-{n % 5000}");
            if (keyed)
            {
                request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{Guid.NewGuid():N}\"");
            }

            using HttpResponseMessage answer = await _http.SendAsync(request);
            await answer.Content.ReadAsByteArrayAsync();
            Records.Add(
                new LoadRecord(due, Stopwatch.GetTimestamp(), answer.IsSuccessStatusCode, (int)answer.StatusCode)
            );
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Records.Add(new LoadRecord(due, Stopwatch.GetTimestamp(), Ok: false, Status: 0));
        }
    }
}

/// <summary>One request as its caller saw it.</summary>
/// <param name="Due">When it was due, in ticks of <see cref="Stopwatch"/>.</param>
/// <param name="Done">When it was over.</param>
/// <param name="Ok">Whether it got a 2xx answer.</param>
/// <param name="Status">Its status; 0 when there was no answer.</param>
internal readonly record struct LoadRecord(long Due, long Done, bool Ok, int Status)
{
    /// <summary>Latency in ms from when it was due.</summary>
    public double Ms => Stopwatch.GetElapsedTime(Due, Done).TotalMilliseconds;
}
