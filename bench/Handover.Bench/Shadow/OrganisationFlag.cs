using System.Text;
using Microsoft.AspNetCore.Http;

namespace Handover.Bench.Shadow;

/// <summary>
/// An organisation's flag server that speaks OFREP on a real socket: one flag, on or off for everybody.
/// </summary>
internal sealed class OrganisationFlag : IAsyncDisposable
{
    private LoopbackServer _server = null!;
    private volatile bool _on = true;

    private OrganisationFlag() { }

    /// <summary>What it says from now on.</summary>
    public bool On
    {
        set => _on = value;
    }

    /// <summary>Where it is.</summary>
    public Uri Address => _server.Address;

    public static async Task<OrganisationFlag> StartAsync()
    {
        var flag = new OrganisationFlag();
        flag._server = await LoopbackServer.StartAsync(flag.HandleAsync);
        return flag;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        string key = Path.GetFileName(context.Request.Path.Value!);
        string said = _on ? "\"value\":true,\"variant\":\"on\"" : "\"value\":false,\"variant\":\"off\"";
        byte[] answer = Encoding.UTF8.GetBytes($"{{\"key\":\"{key}\",\"reason\":\"STATIC\",{said}}}");
        await LoopbackServer.AnswerAsync(context, answer);
    }
}
