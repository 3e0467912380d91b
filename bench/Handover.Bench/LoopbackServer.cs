using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Handover.Bench;

/// <summary>
/// The least HTTP server on a real socket of the loopback, for models and flags that benches stand up. The system
/// chooses the port.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackServer(WebApplication app, Uri address) => (_app, Address) = (app, address);

    /// <summary>Where it is reached.</summary>
    public Uri Address { get; }

    /// <summary>Starts one.</summary>
    public static async Task<LoopbackServer> StartAsync(RequestDelegate handle)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        app.Run(handle);
        await app.StartAsync();
        IServer server = app.Services.GetRequiredService<IServer>();
        return new LoopbackServer(app, new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First()));
    }

    /// <summary>Answers with JSON.</summary>
    public static async Task AnswerAsync(HttpContext context, byte[] json)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json);
    }

    /// <summary>Nobody listens any more; what is under way is given up after <paramref name="bound"/>.</summary>
    public async Task StopAsync(TimeSpan bound)
    {
        using var stop = new CancellationTokenSource(bound);
        await _app.StopAsync(stop.Token);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
