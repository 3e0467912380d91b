using System.Globalization;
using Handover.Control.Labels;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>Truth that arrives late, and metrics that somebody else measures.</summary>
internal static class LabelRoutes
{
    private static readonly TimeSpan Shown = TimeSpan.FromHours(24);

    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapPost("/services/{s}/labels", (HttpContext c, string s) => PushAsync(c, api, s))
            .Produces<LabelReceipt>();
        group.MapGet("/services/{s}/labels", (HttpContext c, string s) => Get(c, api, s)).Produces<LabelsView>();
        group
            .MapGet("/services/{s}/labels/wanted", (HttpContext c, string s) => WantedAsync(c, api, s))
            .Produces<WantedLabelsView>();
        group
            .MapPost("/rollouts/{id}/metrics", (HttpContext c, string id) => MetricsAsync(c, api, id))
            .Produces<LabelReceipt>();
    }

    private static async Task<IResult> PushAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Operate) is { } denied)
        {
            return denied;
        }

        return api.Labels is { } push
            ? await TakeAsync(
                context,
                api,
                $"labels.push {service}",
                body => push(service, body, context.RequestAborted)
            )
            : context.NotYet("pushing labels");
    }

    private static async Task<IResult> MetricsAsync(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (api.Rollouts.Find(id) is not { } found)
        {
            return context.Missing("rollout", id);
        }

        string rollout = found.State.Id;
        return api.PushedMetrics is { } push
            ? await TakeAsync(context, api, $"metrics.push {rollout}", b => push(rollout, b, context.RequestAborted))
            : context.NotYet("pushing metrics");
    }

    private static async Task<IResult> TakeAsync(
        HttpContext context,
        ApiServices api,
        string action,
        Func<Stream, Task<Result<LabelReceipt>>> push
    )
    {
        Result<byte[]> body = await RequestBody.ReadAsync(context.Request, RequestBody.Labels);
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        using var stream = new MemoryStream(body.Value);
        Result<LabelReceipt> receipt = await push(stream);
        if (receipt.Ok)
        {
            string accepted = receipt.Value.Accepted.ToString(CultureInfo.InvariantCulture);
            context.Audited(api, action, null, after: new() { ["accepted"] = accepted });
        }

        return context.Answer(receipt, ProtocolJson.Default.LabelReceipt);
    }

    private static IResult Get(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.LabelStore is not { } store)
        {
            return context.NotYet("counting labels");
        }

        DateTimeOffset now = api.Clock.GetUtcNow();
        return ApiRequest.Answer(
            new LabelsView
            {
                Service = service,
                WindowSeconds = api.Catalog.Snapshot.Services[service].Labels?.Window?.TotalSeconds,
                Waiting = store.Waiting(service),
                Counts = store.Counts(service).ByKind.ToDictionary(k => k.Kind, k => k.N, StringComparer.Ordinal),
                Losses = LossViews.Of(api, service, now - Shown, now),
            },
            ProtocolJson.Default.LabelsView
        );
    }

    private static async Task<IResult> WantedAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.Wanted is null)
        {
            return context.NotYet("listing wanted labels");
        }

        Result<int> size = Pages.Size(context);
        return size.Ok
            ? context.Answer(
                await api.Wanted(service, size.Value, context.RequestAborted),
                ProtocolJson.Default.WantedLabelsView
            )
            : ApiProblems.Of(context, size.Problems);
    }

    private static IResult? Denied(HttpContext context, ApiServices api, string service, Permission permission) =>
        AdminGuard.Need(context, permission)
        ?? (api.Catalog.Snapshot.Services.ContainsKey(service) ? null : context.Missing("service", service));
}
