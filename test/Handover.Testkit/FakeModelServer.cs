using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Handover.Testkit;

/// <summary>
/// A model server on a real socket that does what it is told: answer, stall, trickle, break off, lie. It keeps its own
/// log, by which tests judge the gateway; the gateway's word counts for nothing.
/// </summary>
public sealed class FakeModelServer : IAsyncDisposable
{
    private static long _arrivals;

    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private int _disposed;

    private FakeModelServer(string release, WebApplication app)
    {
        Release = release;
        _app = app;
        Behaviour = Answer();
    }

    /// <summary>The release that it believes to be.</summary>
    public string Release { get; }

    /// <summary>Its address.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>What it does with a request.</summary>
    public Func<HttpContext, FakeModelRequest, Task> Behaviour { get; set; }

    /// <summary>What it was asked, in order of arrival at this server.</summary>
    public ConcurrentQueue<FakeModelRequest> Log { get; } = new();

    /// <summary>Starts one on a port of the system's choice.</summary>
    public static async Task<FakeModelServer> StartAsync(string release)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .ConfigureKestrel(k =>
            {
                k.Listen(IPAddress.Loopback, 0);
                k.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
                k.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            });
        WebApplication app = builder.Build();
        var server = new FakeModelServer(release, app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        string bound = app
            .Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!
            .Addresses.First();
        server.Address = new Uri(bound);
        return server;
    }

    /// <summary>Answers 200 with the release's name, the request id and the request's body.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> Answer(int status = 200, TimeSpan delay = default) =>
        async (context, request) =>
        {
            if (delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, context.RequestAborted);
            }

            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(
                $$"""{"release":"{{request.Release}}","echo":"{{request.Body.Length}}"}"""
            );
        };

    /// <summary>Takes the request and never answers.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> Stall() =>
        (context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    /// <summary>Sends the pieces one by one, each after a word of the test.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> Trickle(IReadOnlyList<string> pieces, SemaphoreSlim go) =>
        async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (string piece in pieces)
            {
                await go.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync(piece);
                await context.Response.Body.FlushAsync();
            }
        };

    /// <summary>Breaks the connection before any answer.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> Reset() =>
        (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

    /// <summary>Begins a good answer and breaks the connection in the middle of it, after a word of the test.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> ChangeMind(SemaphoreSlim go) =>
        async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{\"half\":");
            await context.Response.Body.FlushAsync();
            await go.WaitAsync(context.RequestAborted);
            context.Abort();
        };

    /// <summary>Answers with headers that only the gateway may set.</summary>
    public static Func<HttpContext, FakeModelRequest, Task> Lie() =>
        async (context, request) =>
        {
            context.Response.Headers["Handover-Release"] = "the-moon";
            context.Response.Headers["Handover-Epoch"] = "999";
            context.Response.Headers["Handover-Replayed"] = "true";
            context.Response.Headers["baggage"] = request.Headers.GetValueOrDefault("baggage", "");
            await Answer()(context, request);
        };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stop.CancelAsync();
        using var at = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(at.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        long arrival = Interlocked.Increment(ref _arrivals);
        using var body = new MemoryStream();
        var request = new FakeModelRequest(
            Release,
            arrival,
            context.Request.Method,
            context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase)
        );
        Log.Enqueue(request);
        try
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            request.Body = body.ToArray();
            await Behaviour(context, request);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
        {
            request.Broken = true;
        }
    }
}

/// <summary>One request as the model server saw it.</summary>
/// <param name="Release">The server's release.</param>
/// <param name="Arrival">Order of arrival over all fake servers.</param>
/// <param name="Method">Method.</param>
/// <param name="Target">Raw target.</param>
/// <param name="Headers">Headers, names without regard to case.</param>
public sealed record FakeModelRequest(
    string Release,
    long Arrival,
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> Headers
)
{
    /// <summary>The body, once it was read.</summary>
    public byte[] Body { get; set; } = [];

    /// <summary>Whether the gateway gave up on it.</summary>
    public bool Broken { get; set; }

    /// <summary>The gateway's request id.</summary>
    public string RequestId => Headers.GetValueOrDefault("Handover-Request-Id", "");
}
