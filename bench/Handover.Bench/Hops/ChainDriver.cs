using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Handover.Bench.Hops;

/// <summary>Customers who ask, a fixed number at a time; what they were answered is kept for the count.</summary>
/// <param name="services">Where to ask, in turn, and how many members such a request passes.</param>
public sealed class ChainDriver(params (Uri Url, int Hops)[] services) : IDisposable
{
    private const int Customers = 500;
    private static readonly string[] Cuts = ["Fair", "Good", "Very Good", "Premium", "Ideal"];
    private static readonly string[] Colours = ["J", "I", "H", "G", "F", "E", "D"];
    private static readonly string[] Clarities = ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"];

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(20),
    };

    private readonly ConcurrentQueue<Asked> _asked = new();
    private int _next;

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<Asked> Asked => [.. _asked];

    /// <summary>Asks until so many chains were driven, or it is told to stop.</summary>
    public Task RunAsync(HopsOptions options, CancellationToken stop = default) =>
        Task.WhenAll(Enumerable.Range(0, options.Parallel).Select(worker => DriveAsync(options, worker, stop)));

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task DriveAsync(HopsOptions options, int worker, CancellationToken stop)
    {
        var random = new Random(options.Seed * 1000 + worker);
        while (true)
        {
            int number = Interlocked.Increment(ref _next);
            if (number > options.Chains || stop.IsCancellationRequested)
            {
                return;
            }

            (Uri url, int hops) = services[number % services.Length];
            string id = string.Create(CultureInfo.InvariantCulture, $"chain-{options.Seed}-{number}");
            _asked.Enqueue(await AskAsync(url, id, hops, random));
        }
    }

    private async Task<Asked> AskAsync(Uri url, string id, int hops, Random random)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new StringContent(Stone(random), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.TryAddWithoutValidation("x-customer-id", $"c-{random.Next(Customers)}");

        // Handover gives its own id and tells it; behind nginx this one is all there is.
        request.Headers.TryAddWithoutValidation("Handover-Request-Id", id);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request);
            return new Asked(
                Header(answer, "Handover-Request-Id") ?? id,
                (int)answer.StatusCode,
                Header(answer, "Handover-Release"),
                hops
            );
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return new Asked(id, 0, null, hops);
        }
    }

    private static string Stone(Random random)
    {
        double carat = 0.2 + random.NextDouble() * 2;
        double x = 6.3 * Math.Cbrt(carat);
        return string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"inputs":[{"name":"categories","datatype":"BYTES","shape":[1,3],
              "data":["{{Cuts[random.Next(5)]}}","{{Colours[random.Next(7)]}}","{{Clarities[random.Next(8)]}}"]},
             {"name":"numbers","datatype":"FP32","shape":[1,6],
              "data":[{{carat:0.00}},{{60 + random.NextDouble() * 3:0.0}},{{55
                + random.Next(6)}},{{x:0.00}},{{x:0.00}},{{x * 0.62:0.00}}]}]}
            """
        );
    }

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
