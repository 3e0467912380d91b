using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Handover.Bench.Cutover;

/// <summary>
/// A model server of a known service time, which says which release it is and keeps its own log: old and new are judged
/// by when requests came here, not by what a proxy says.
/// </summary>
internal sealed class TimedModel : IAsyncDisposable
{
    private readonly byte[] _answer;
    private readonly TimeSpan _serviceTime;
    private LoopbackServer _server = null!;

    private TimedModel(string release, TimeSpan serviceTime) =>
        (_answer, _serviceTime) = (Encoding.UTF8.GetBytes($"{{\"release\":\"{release}\"}}"), serviceTime);

    /// <summary>When requests arrived, in ticks of <see cref="Stopwatch"/>.</summary>
    public ConcurrentQueue<long> Arrivals { get; } = new();

    /// <summary>When answers were written.</summary>
    public ConcurrentQueue<long> Answers { get; } = new();

    public Uri Address => _server.Address;

    public static async Task<TimedModel> StartAsync(string release, TimeSpan serviceTime)
    {
        var model = new TimedModel(release, serviceTime);
        model._server = await LoopbackServer.StartAsync(model.HandleAsync);
        return model;
    }

    /// <summary>Forgets what came so far.</summary>
    public void Clear()
    {
        Arrivals.Clear();
        Answers.Clear();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        Arrivals.Enqueue(Stopwatch.GetTimestamp());
        await context.Request.Body.CopyToAsync(Stream.Null);
        await Task.Delay(_serviceTime);
        await LoopbackServer.AnswerAsync(context, _answer);
        Answers.Enqueue(Stopwatch.GetTimestamp());
    }
}
