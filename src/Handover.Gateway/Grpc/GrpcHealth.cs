using Handover.Core.Catalog;
using Handover.Core.Payloads;
using Handover.Gateway.Feed;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace Handover.Gateway.Grpc;

/// <summary>
/// Answers <c>grpc.health.v1.Health</c>, as load balancers and orchestrators ask it: without a service's name for the
/// gateway itself, with one for that service of Handover. Not ready is said before the listener closes.
/// </summary>
/// <param name="feed">The services.</param>
/// <param name="ready">Whether the gateway takes requests.</param>
internal sealed class GrpcHealth(GatewayFeed feed, Func<bool> ready)
{
    private const string Prefix = "/grpc.health.v1.Health/";
    private const int MaxBytes = 4096;

    // HealthCheckResponse { 1 status }: SERVING = 1, NOT_SERVING = 2.
    private static readonly byte[] Serving = [0x08, 1];
    private static readonly byte[] NotServing = [0x08, 2];

    /// <summary>Whether a request is for it.</summary>
    public static bool Wants(HttpContext context, string path) =>
        path.StartsWith(Prefix, StringComparison.Ordinal) && GrpcCall.Is(context.Request);

    /// <summary>Answers one question.</summary>
    public async Task AnswerAsync(HttpContext context, string path)
    {
        HttpResponse response = context.Response;
        if (path != Prefix + "Check")
        {
            GrpcCall.EndWith(response, GrpcStatus.Unimplemented, "Only Check is answered; ask again instead of Watch.");
            return;
        }

        if (RequestBody.Bound(context, MaxBytes) is not null)
        {
            GrpcCall.EndWith(response, GrpcStatus.OfHttp(413), "The question is too large.");
            return;
        }

        (ReadOnlyMemory<byte> body, Refusal? refused) = await RequestBody.BufferAsync(context, MaxBytes);
        if (refused is not null || Name(body.Span) is not { } name)
        {
            GrpcCall.EndWith(response, GrpcStatus.OfHttp(400), "This is no HealthCheckRequest.");
            return;
        }

        if (name.Length == 0)
        {
            await GrpcCall.AnswerAsync(response, ready() ? Serving : NotServing, context.RequestAborted);
            return;
        }

        if (!feed.Table.Units.TryGetValue(name, out ServiceUnit? unit))
        {
            GrpcCall.EndWith(response, GrpcStatus.NotFound, $"There is no service '{name}'.");
            return;
        }

        ServiceSnapshot snapshot = unit.Snapshot;
        bool serves =
            ready()
            && snapshot.Routing is { Closed: false } routing
            && snapshot.Pool(routing.Stable, snapshot.Service.Entry) is not null;
        await GrpcCall.AnswerAsync(response, serves ? Serving : NotServing, context.RequestAborted);
    }

    // HealthCheckRequest { 1 service }.
    private static string? Name(ReadOnlySpan<byte> body)
    {
        if (GrpcFrame.Read(body, out ReadOnlySpan<byte> message) is not null)
        {
            return null;
        }

        string name = "";
        var fields = new ProtoFields(message);
        while (fields.Next())
        {
            name = fields is { Number: 1, HasLength: true } ? fields.Text : name;
        }

        return fields.Damaged ? null : name;
    }
}
