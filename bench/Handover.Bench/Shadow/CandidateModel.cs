using System.Text.Json;
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
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _answer;
    private readonly TimeSpan _serviceTime;
    private LoopbackServer _server = null!;
    private volatile CandidateMode _mode;
    private long _asked;

    private CandidateModel(byte[] answer, TimeSpan serviceTime) => (_serviceTime, _answer) = (serviceTime, answer);

    /// <summary>Where it is reached.</summary>
    public Uri Address => _server.Address;

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

    /// <summary>An answer of about 130 KB: what is said of 5,000 things, each with a number.</summary>
    public static byte[] LargeAnswer(double price) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new { items = Enumerable.Range(0, 5_000).Select(i => new { id = i, score = price + (i / 8.0) }) }
        );

    /// <summary>Starts it, healthy.</summary>
    public static async Task<CandidateModel> StartAsync(byte[] answer, TimeSpan serviceTime)
    {
        var model = new CandidateModel(answer, serviceTime);
        model._server = await LoopbackServer.StartAsync(model.HandleAsync);
        return model;
    }

    /// <summary>Becomes what it is to be measured as.</summary>
    public async Task BecomeAsync(CandidateMode mode)
    {
        _mode = mode;
        if (mode == CandidateMode.Refusing)
        {
            await _server.StopAsync(TimeSpan.FromSeconds(2));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _server.DisposeAsync();
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

        await LoopbackServer.AnswerAsync(context, _answer);
    }
}
