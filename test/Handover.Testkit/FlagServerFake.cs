using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Handover.Testkit;

/// <summary>A flag server on a real socket: OFREP's one call, and any misbehaviour that is wanted.</summary>
public sealed class FlagServerFake : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FlagServerFake(WebApplication app) => _app = app;

    /// <summary>Its address.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Answers: the entity to the body. Default: everybody may.</summary>
    public Func<string, string> Answer { get; set; } = _ => """{"key":"f","value":true,"reason":"STATIC"}""";

    /// <summary>How long an answer takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Status of every answer.</summary>
    public int Status { get; set; } = 200;

    /// <summary>Contexts that were asked about.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>Starts one on a port of the system's choice.</summary>
    public static async Task<FlagServerFake> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var server = new FlagServerFake(app);
        app.Run(server.HandleAsync);
        await app.StartAsync();
        return server;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body);
        JsonElement asked = body.RootElement.GetProperty("context");
        Asked.Enqueue($"{context.Request.Path} {asked}");
        string answer = Answer(asked.GetProperty("targetingKey").GetString()!);
        await Task.Delay(Delay, context.RequestAborted);
        context.Response.StatusCode = Status;
        await context.Response.WriteAsync(answer);
    }
}
