using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Handover.Bench.Cutover;

/// <summary>
/// A model server of a known service time, which says which release it is and keeps its own log: old and new are judged
/// by when requests came here, not by what a proxy says.
/// </summary>
internal sealed class TimedModel : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TimedModel(string release, TimeSpan serviceTime)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        byte[] answer = Encoding.UTF8.GetBytes($"{{\"release\":\"{release}\"}}");
        _app.Run(async context =>
        {
            Arrivals.Enqueue(Stopwatch.GetTimestamp());
            await context.Request.Body.CopyToAsync(Stream.Null);
            await Task.Delay(serviceTime);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer);
            Answers.Enqueue(Stopwatch.GetTimestamp());
        });
    }

    /// <summary>When requests arrived, in ticks of <see cref="Stopwatch"/>.</summary>
    public ConcurrentQueue<long> Arrivals { get; } = new();

    /// <summary>When answers were written.</summary>
    public ConcurrentQueue<long> Answers { get; } = new();

    public Uri Address { get; private set; } = null!;

    public static async Task<TimedModel> StartAsync(string release, TimeSpan serviceTime)
    {
        var model = new TimedModel(release, serviceTime);
        await model._app.StartAsync();
        model.Address = new Uri(
            model._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        return model;
    }

    /// <summary>Forgets what came so far.</summary>
    public void Clear()
    {
        Arrivals.Clear();
        Answers.Clear();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
