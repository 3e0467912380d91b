using Handover.Control.Audit;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>The node itself: advice, tokens, audit, health and metrics.</summary>
internal static class NodeRoutes
{
    private static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(2);

    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapPost("/advice", Handler.Of(c => AdviseAsync(c, api)))
            .Accepts<AdviceRequest>(MediaTypes.Json)
            .Produces<AdviceView>();
        group
            .MapPost("/tokens", Handler.Of(c => CreateTokenAsync(c, api)))
            .Accepts<TokenRequest>(MediaTypes.Json)
            .Produces<TokenView>(201);
        group.MapGet("/audit", Handler.Of(c => Audit(c, api))).Produces<Page<AuditEntryView>>();
        group.MapGet("/audit:verify", Handler.Of(c => Verify(c, api))).Produces<AuditVerificationView>();
    }

    public static void MapHealth(IEndpointRouteBuilder app, ApiServices api, Func<IEnumerable<MetricSource>> metrics)
    {
        app.MapGet("/livez", () => TypedResults.Text("ok\n"));
        app.MapGet("/readyz", Handler.Of(c => ReadyAsync(c, api)));
        app.MapGet(
            "/metrics",
            Handler.Of(c =>
                AdminGuard.Need(c, Permission.Read)
                ?? TypedResults.Text(PrometheusText.Write(metrics()), MediaTypes.Prometheus)
            )
        );
    }

    private static async Task<IResult> AdviseAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        Result<AdviceRequest> body = await RequestBody.JsonAsync(context.Request, ProtocolJson.Default.AdviceRequest);
        return body.Ok
            ? context.Answer(
                await MeasuredAdvice.OfAsync(api, body.Value, context.RequestAborted),
                ProtocolJson.Default.AdviceView
            )
            : ApiProblems.Of(context, body.Problems);
    }

    private static async Task<IResult> CreateTokenAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Administer) is { } denied)
        {
            return denied;
        }

        Result<TokenRequest> body = await RequestBody.JsonAsync(context.Request, ProtocolJson.Default.TokenRequest);
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        if (Roles.Parse(body.Value.Role) is not { } role)
        {
            string detail = $"there is no role '{body.Value.Role}'; use viewer, operator, approver or admin.";
            return ApiProblems.Of(context, [new Problem("unknown-role", detail) { Field = "role" }]);
        }

        Result<string> token = api.Tokens.Create(body.Value.Name, role);
        if (!token.Ok)
        {
            return ApiProblems.Of(context, token.Problems);
        }

        context.Audited(api, $"token.create {body.Value.Name}", null, after: new() { ["role"] = role.Text() });
        context.Response.Headers.CacheControl = "no-store";
        var view = new TokenView(body.Value.Name, role.Text(), token.Value);
        return TypedResults.Json(view, ProtocolJson.Default.TokenView, statusCode: 201);
    }

    private static IResult Audit(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Audit) is { } denied)
        {
            return denied;
        }

        Result<int> size = Pages.Size(context);
        if (!size.Ok)
        {
            return ApiProblems.Of(context, size.Problems);
        }

        long? before = null;
        string? token = context.Request.Query["pageToken"];
        if (!string.IsNullOrEmpty(token))
        {
            if (!long.TryParse(token, System.Globalization.CultureInfo.InvariantCulture, out long seq))
            {
                return ApiProblems.Of(context, 400, "bad-query", "the pageToken is not one of this list.");
            }

            before = seq;
        }

        IReadOnlyList<AuditEntry> entries = api.Audit.Newest(size.Value, before);
        string? next = entries.Count == size.Value && entries[^1].Seq > 1 ? $"{entries[^1].Seq}" : null;
        return ApiRequest.Answer(
            new Page<AuditEntryView>([.. entries.Select(Of)], next),
            ProtocolJson.Default.PageAuditEntryView
        );
    }

    private static IResult Verify(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Audit) is { } denied)
        {
            return denied;
        }

        AuditCheck check = api.Audit.Verify();
        return ApiRequest.Answer(
            new AuditVerificationView(check.Ok, check.Entries, check.Head, check.Line, check.Detail),
            ProtocolJson.Default.AuditVerificationView
        );
    }

    private static AuditEntryView Of(AuditEntry e) =>
        new()
        {
            Seq = e.Seq,
            At = e.At,
            Who = e.Who,
            What = e.What,
            Before = e.Before,
            After = e.After,
            Why = e.Why,
            RequestId = e.RequestId,
            Prev = e.Prev,
        };

    private static async Task<IResult> ReadyAsync(HttpContext context, ApiServices api)
    {
        var checks = new List<HealthCheckView>();
        foreach (ReadyCheck check in api.ReadyChecks)
        {
            checks.Add(await RunAsync(check, context.RequestAborted));
        }

        bool ok = checks.TrueForAll(c => c.Ok);
        bool verbose = context.Request.Query.ContainsKey("verbose");
        return verbose
            ? TypedResults.Json(new HealthView(ok, checks), ProtocolJson.Default.HealthView, statusCode: ok ? 200 : 503)
            : TypedResults.Text(ok ? "ok\n" : "not ready\n", statusCode: ok ? 200 : 503);
    }

    private static async Task<HealthCheckView> RunAsync(ReadyCheck check, CancellationToken cancel)
    {
        try
        {
            string? wrong = await check.Check(cancel).WaitAsync(CheckTime, cancel);
            return new HealthCheckView(check.Name, wrong is null, wrong ?? "");
        }
        catch (TimeoutException)
        {
            return new HealthCheckView(check.Name, false, $"no answer within {CheckTime.TotalSeconds} s");
        }
    }
}
