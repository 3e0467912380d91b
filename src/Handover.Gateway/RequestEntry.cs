using Handover.Gateway.Feed;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Grpc;
using Handover.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Handover.Gateway;

/// <summary>The first thing a request meets: is it sound, and whose is it.</summary>
/// <param name="feed">The routes.</param>
/// <param name="tools">What the pipelines work with.</param>
/// <param name="health">Answers gRPC's question whether the gateway serves.</param>
/// <param name="log">Errors of the gateway itself.</param>
internal sealed partial class RequestEntry(GatewayFeed feed, PipelineTools tools, GrpcHealth health, ILogger log)
{
    private readonly EdgePipeline _edge = new(tools);
    private readonly HopPipeline _hop = new(tools);

    /// <summary>Handles one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        string requestId = tools.NewId();
        try
        {
            await RouteAsync(context, requestId);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away while the gateway wrote or read; there is nobody left to tell.
            LogCallerGone(requestId);
        }
        catch (Exception e)
        {
            LogFailed(e, requestId);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            await Refusal.Failed().WriteAsync(context, requestId, null);
        }
    }

    private Task RouteAsync(HttpContext context, string requestId)
    {
        RequestHygiene.CloseIfAsked(context);
        if (RequestHygiene.Check(context) is { } unsound)
        {
            return unsound.WriteAsync(context, requestId, null);
        }

        string raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (RequestTarget.Parse(raw) is not { } target)
        {
            return Refusal.Ambiguous().WriteAsync(context, requestId, null);
        }

        FeedTable table = feed.Table;
        if (target.Segments is ["-", ..])
        {
            return HopAsync(context, table, target, requestId);
        }

        if (GrpcHealth.Wants(context, target.Path))
        {
            return health.AnswerAsync(context, target.Path);
        }

        return table.Routes.Match(context.Request.Host.Host, target) switch
        {
            RouteMatch.Found found => _edge.HandleAsync(
                context,
                table.Units[found.Service],
                found.MemberPath,
                target.Query,
                requestId
            ),
            RouteMatch.Ambiguous => Refusal.Ambiguous().WriteAsync(context, requestId, null),
            _ => Refusal.NoRoute(target.Path).WriteAsync(context, requestId, null),
        };
    }

    // /-/services/{service}/members/{member}/{rest}; everything else below /-/ is nothing.
    private Task HopAsync(HttpContext context, FeedTable table, RequestTarget target, string requestId)
    {
        string[] segments = target.Segments;
        bool shaped = segments.Length >= 5 && segments[1] == "services" && segments[3] == "members";
        if (!shaped || !table.Units.TryGetValue(segments[2], out ServiceUnit? unit))
        {
            return Refusal.NoRoute(target.Path).WriteAsync(context, requestId, null);
        }

        string rest = string.Concat(target.Path.Split('/').Skip(6).Select(s => $"/{s}"));
        return _hop.HandleAsync(context, unit, segments[4], rest.Length == 0 ? "/" : rest, target.Query, requestId);
    }

    [LoggerMessage(3010, LogLevel.Error, "request {RequestId} failed in the gateway")]
    private partial void LogFailed(Exception e, string requestId);

    [LoggerMessage(3011, LogLevel.Debug, "the caller of request {RequestId} went away")]
    private partial void LogCallerGone(string requestId);
}
