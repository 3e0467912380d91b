using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Handover.Bench.Shadow;

/// <summary>
/// An organisation's flag server that speaks OFREP on a real socket: one flag, on or off for everybody.
/// </summary>
internal sealed class OrganisationFlag : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile bool _on = true;

    private OrganisationFlag()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            string key = Path.GetFileName(context.Request.Path.Value!);
            string said = _on ? "\"value\":true,\"variant\":\"on\"" : "\"value\":false,\"variant\":\"off\"";
            byte[] answer = Encoding.UTF8.GetBytes($"{{\"key\":\"{key}\",\"reason\":\"STATIC\",{said}}}");
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer);
        });
    }

    /// <summary>What it says from now on.</summary>
    public bool On
    {
        set => _on = value;
    }

    /// <summary>Where it is.</summary>
    public Uri Address { get; private set; } = null!;

    public static async Task<OrganisationFlag> StartAsync()
    {
        var flag = new OrganisationFlag();
        await flag._app.StartAsync();
        IServer server = flag._app.Services.GetRequiredService<IServer>();
        flag.Address = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return flag;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
