// Why: a model in this process is reached over HTTP like every other member, so that the gateway knows one kind of
// member; this is the small web server around it.
using Handover.Core.Foundation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handover.Runtimes.Onnx;

/// <summary>A running web server around one model.</summary>
internal sealed class ModelHost : IAsyncDisposable
{
    private const long MaxRequestBytes = 64L << 20;
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(5);
    private readonly WebApplication _app;

    private ModelHost(WebApplication app) => _app = app;

    /// <summary>The address that the server listens on; for TCP with the port that the system chose.</summary>
    public Uri Address =>
        new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts listening where <paramref name="listen"/> says. An address that is taken is an error.</summary>
    public static async Task<Result<ModelHost>> StartAsync(
        ModelEndpoints endpoints,
        Action<KestrelServerOptions> listen,
        ILoggerFactory loggers,
        CancellationToken cancel
    )
    {
        // Empty: neither environment variables nor files of the surroundings may change what a member listens on.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, DetachedLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = DrainTimeout);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBytes;
            kestrel.Limits.MaxConcurrentConnections = 4096;
            listen(kestrel);
        });
        WebApplication app = builder.Build();
        app.Run(endpoints.HandleAsync);
        try
        {
            await app.StartAsync(cancel);
            return new ModelHost(app);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await app.DisposeAsync();
            return new Problem("address-in-use", e.Message) { Fix = "Choose another port, or 0 for any free one." };
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            await app.DisposeAsync();
            return new Problem("listen-failed", $"The model server can't listen: {e.Message}");
        }
    }

    /// <summary>Stops accepting, waits for answers that are being made, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        using var deadline = new CancellationTokenSource(DrainTimeout);
        try
        {
            await _app.StopAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever still waits (a stalled call) is cut off by disposing.
        }

        await _app.DisposeAsync();
    }

    /// <summary>Leaves signals to the program: a member must go on while the gateway drains.</summary>
    private sealed class DetachedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
