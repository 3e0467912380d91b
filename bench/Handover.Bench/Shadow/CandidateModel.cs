using System.Net;
using System.Text.Json;
using Handover.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Handover.Bench.Shadow;

/// <summary>What becomes of a candidate while its copies are measured.</summary>
internal enum CandidateMode
{
    /// <summary>Answers as fast as stable.</summary>
    Healthy,

    /// <summary>Takes every request and never answers.</summary>
    Stalled,

    /// <summary>Nobody listens.</summary>
    Refusing,

    /// <summary>Answers correctly, ten times slower than stable.</summary>
    Slow,
}

/// <summary>
/// A model server on a real socket that is healthy until it is told to become something worse. It counts what it was
/// asked, so that whether copies were really made is not for the gateway to say.
/// </summary>
internal sealed class CandidateModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _answer;
    private readonly TimeSpan _serviceTime;
    private readonly int _port;
    private volatile CandidateMode _mode;
    private long _asked;

    private CandidateModel(int port, double price, TimeSpan serviceTime)
    {
        (_port, _serviceTime, _answer) = (port, serviceTime, Answer(price));
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>Where it is reached.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>Inference requests that came.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>An answer of about 300 bytes.</summary>
    public static byte[] Answer(double price) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                price,
                currency = "USD",
                parts = new[] { new { name = "carat", value = 0.31 }, new { name = "cut", value = 12.5 } },
                segment = "round-brilliant",
                valid = true,
                explanation = "the price follows from four measures and the list of the day, and is valid for an hour",
            }
        );

    /// <summary>Starts it, healthy.</summary>
    public static async Task<CandidateModel> StartAsync(double price, TimeSpan serviceTime)
    {
        var model = new CandidateModel(LocalPort.Take(), price, serviceTime);
        await model._app.StartAsync();
        return model;
    }

    /// <summary>Becomes what it is to be measured as.</summary>
    public async Task BecomeAsync(CandidateMode mode)
    {
        _mode = mode;
        if (mode == CandidateMode.Refusing)
        {
            using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _app.StopAsync(bound.Token);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        if (HttpMethods.IsPost(context.Request.Method))
        {
            Interlocked.Increment(ref _asked);
            TimeSpan wait = _mode switch
            {
                CandidateMode.Slow => _serviceTime * 10,
                CandidateMode.Stalled => Timeout.InfiniteTimeSpan,
                _ => _serviceTime,
            };
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
            try
            {
                await Task.Delay(wait, either.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = _answer.Length;
        await context.Response.Body.WriteAsync(_answer);
    }
}
