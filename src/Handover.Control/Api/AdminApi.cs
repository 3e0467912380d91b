using System.Text.Json;
using Handover.Control.Security;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Handover.Control.Api;

/// <summary>
/// The admin API on its own port. Every request passes, in this order: the last catch, the door (Host, Origin, token),
/// the keeper of repeated POSTs, the route's own permission.
/// </summary>
public static class AdminApi
{
    /// <summary>Registers what the API needs of the framework: JSON, OpenAPI, routing.</summary>
    public static IServiceCollection AddAdminApi(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddOpenApi("v1");
        return services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProtocolJson.Default)
        );
    }

    /// <summary>Makes Kestrel listen on the admin address, with its certificate, within bounds.</summary>
    public static void Listen(KestrelServerOptions kestrel, AdminAddress address)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.Labels + 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 32 << 10;
        kestrel.Limits.MaxConcurrentConnections = 1000;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        void Configure(ListenOptions listen)
        {
            if (address.Certificate is { } certificate)
            {
                listen.UseHttps(certificate);
            }
        }

        if (System.Net.IPAddress.TryParse(address.Url.Host.Trim('[', ']'), out System.Net.IPAddress? ip))
        {
            kestrel.Listen(ip, address.Url.Port, Configure);
        }
        else if (address.Loopback && address.Url.Port > 0)
        {
            kestrel.ListenLocalhost(address.Url.Port, Configure);
        }
        else if (address.Loopback)
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, Configure);
        }
        else
        {
            kestrel.ListenAnyIP(address.Url.Port, Configure);
        }
    }

    /// <summary>Puts the API onto an application that serves the admin port and nothing else.</summary>
    public static void Map(WebApplication app, ApiServices api)
    {
        var failures = new AuthFailureLimit(api.Clock);
        var guard = new AdminGuard(api.Address, api.Tokens, failures);
        var posts = new IdempotentPosts(api.Clock);
        ILogger log = app.Logger;
        app.Use(next => context => LastCatchAsync(context, next, log));
        app.Use(next => context => guard.InvokeAsync(context, next));
        app.Use(next => context => posts.InvokeAsync(context, next));
        app.UseRouting();
        app.Use(next => context => context.GetEndpoint() is null ? UnknownAsync(context) : next(context));

        RouteGroupBuilder group = app.MapGroup("/api/v1");
        CatalogRoutes.Map(group, api);
        ConsumerRoutes.Map(group, api);
        RolloutRoutes.Map(group, api);
        VerdictRoutes.Map(group, api);
        DivergenceRoutes.Map(group, api);
        ServiceRoutes.Map(group, api);
        LedgerRoutes.Map(group, api);
        FlagRoutes.Map(group, api);
        LabelRoutes.Map(group, api);
        TrialRoutes.Map(group, api);
        NodeRoutes.Map(group, api);
        OfrepRoutes.Map(app, api);
        NodeRoutes.MapHealth(app, api, () => NodeMetrics.Of(api, guard, failures));
        app.MapOpenApi("/openapi/{documentName}.json");
    }

    private static Task UnknownAsync(HttpContext context) =>
        ApiProblems
            .Of(context, 404, "not-found", $"there is no route {context.Request.Method} {context.Request.Path}.")
            .ExecuteAsync(context);

    private static async Task LastCatchAsync(HttpContext context, RequestDelegate next, ILogger log)
    {
        context.Response.Headers["Handover-Request-Id"] = context.TraceIdentifier;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            log.LogDebug("the caller of {Path} went away", context.Request.Path);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.StatusCode == 413 ? "too-large" : "bad-body", e.Message);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            log.LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            await AnswerAsync(
                context,
                503,
                "unavailable",
                $"the node's own state cannot be read or written: {e.Message}"
            );
        }
        catch (Exception e)
        {
            log.LogError(e, "{Method} {Path} failed", context.Request.Method, context.Request.Path);
            await AnswerAsync(context, 500, "internal", "Handover has a fault here; the log of the node says more.");
        }
    }

    private static async Task AnswerAsync(HttpContext context, int status, string code, string detail)
    {
        if (!context.Response.HasStarted)
        {
            await ApiProblems.Of(context, status, code, detail).ExecuteAsync(context);
        }
    }
}
