using System.Globalization;
using Handover.Control.Engine;
using Handover.Control.Security;
using Handover.Control.Warming;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>
/// What can be done with one service: take it back, explain, journal, history, warm, contracts.
/// </summary>
internal static class ServiceRoutes
{
    private const int MostSearched = 10_000;

    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapPost("/services/{s}:rollback", (HttpContext c, string s) => RollbackAsync(c, api, s))
            .Accepts<RolloutCommandRequest>(MediaTypes.Json)
            .Produces<RolloutView>();
        group
            .MapGet("/services/{s}:explain", (HttpContext c, string s) => ExplainAsync(c, api, s))
            .Produces<ExplainView>();
        group
            .MapGet("/services/{s}:contracts", (HttpContext c, string s) => ContractsAsync(c, api, s))
            .Produces<IReadOnlyList<ContractView>>();
        group.MapPost("/services/{s}:warm", (HttpContext c, string s) => WarmAsync(c, api, s)).Produces<WarmView>();
        group
            .MapGet("/services/{s}/journal", (HttpContext c, string s) => JournalAsync(c, api, s))
            .Produces<Page<JournalEntryView>>();
        group
            .MapGet("/services/{s}/history", (HttpContext c, string s) => HistoryAsync(c, api, s))
            .Produces<HistoryView>();
    }

    // No If-Match: the way back must work for whoever knows nothing but the service's name.
    private static async Task<IResult> RollbackAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.TakeBack) is { } denied)
        {
            return denied;
        }

        Result<RolloutCommandRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.RolloutCommandRequest
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        Result<RolloutSnapshot> done = await api.Rollouts.RollbackServiceAsync(
            service,
            context.Actor(),
            context.RequestAborted
        );
        if (!done.Ok)
        {
            return ApiProblems.Of(context, done.Problems);
        }

        RolloutView view = RolloutViews.Of(done.Value, full: true);
        context.Audited(
            api,
            $"service.rollback {service}",
            body.Value.Reason,
            after: new()
            {
                ["rollout"] = view.Id,
                ["state"] = view.State,
                ["share"] = $"{view.Share}%",
            }
        );
        Preconditions.Tag(context, RolloutViews.ETag(done.Value));
        return ApiRequest.Answer(view, ProtocolJson.Default.RolloutView);
    }

    private static async Task<IResult> ExplainAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        string? entity = context.Request.Query["entity"];
        if (string.IsNullOrEmpty(entity))
        {
            return ApiProblems.Of(context, 400, "bad-query", "say whom to explain: ?entity=KEY.");
        }

        var attributes = new Dictionary<string, string>();
        foreach (string? pair in context.Request.Query["attr"])
        {
            string[] parts = (pair ?? "").Split('=', 2);
            if (parts.Length != 2)
            {
                return ApiProblems.Of(
                    context,
                    400,
                    "bad-query",
                    $"'{pair}' is not an attribute: write ?attr=name=value."
                );
            }

            attributes[parts[0]] = parts[1];
        }

        return context.Answer(
            await Explanation.OfAsync(api, service, entity, attributes, context.RequestAborted),
            ProtocolJson.Default.ExplainView
        );
    }

    private static async Task<IResult> ContractsAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        string? to = context.Request.Query["to"];
        return string.IsNullOrEmpty(to)
            ? ApiProblems.Of(context, 400, "bad-query", "say which release to check: ?to=RELEASE.")
            : context.Answer(
                await api.Catalog.CheckContractsAsync(service, to, context.RequestAborted),
                ProtocolJson.Default.IReadOnlyListContractView
            );
    }

    private static async Task<IResult> WarmAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (api.Warm is null)
        {
            return context.NotYet("warming outside a rollout");
        }

        string? to = context.Request.Query["to"];
        if (string.IsNullOrEmpty(to))
        {
            return ApiProblems.Of(context, 400, "bad-query", "say which release to warm: ?to=RELEASE.");
        }

        Result<byte[]> body = await RequestBody.ReadAsync(context.Request, RequestBody.Recorded);
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        var file = body.Value.Length > 0 ? new RecordedFile(body.Value, context.Request.ContentType ?? "") : null;
        return WarmStream.Wanted(context.Request)
            ? await WarmStream.RunAsync(context, WarmedAsync)
            : context.Answer(await WarmedAsync(null), ProtocolJson.Default.WarmView);

        async Task<Result<WarmView>> WarmedAsync(Action<WarmWindowView>? progress)
        {
            Result<WarmView> warmed = await api.Warm(service, to, file, progress, context.RequestAborted);
            if (warmed.Ok)
            {
                context.Audited(api, $"release.warm {service}/{to}", null);
            }

            return warmed;
        }
    }

    private static async Task<IResult> JournalAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        Result<JournalQuery> query = QueryOf(context, service);
        Result<int> size = Pages.Size(context);
        if (!query.Ok || !size.Ok)
        {
            return ApiProblems.Of(context, [.. query.Problems, .. size.Problems]);
        }

        // The cursor is an exchange, so that exchanges which arrive meanwhile do not shift the pages.
        bool first = string.IsNullOrEmpty(context.Request.Query["pageToken"]);
        IReadOnlyList<Exchange> found = await api.Journal.RecentAsync(
            query.Value,
            first ? size.Value + 1 : MostSearched,
            context.RequestAborted
        );
        bool payloads = context.Request.Query["payloads"] == "true";
        return context.Answer(
            Pages.Of(
                context,
                found,
                e => $"{e.RequestId}\n{e.Release}\n{e.Purpose}",
                e => JournalViews.Of(e, payloads)
            ),
            ProtocolJson.Default.PageJournalEntryView
        );
    }

    private static Result<JournalQuery> QueryOf(HttpContext context, string service)
    {
        IQueryCollection q = context.Request.Query;
        Purpose purpose = default;
        DateTimeOffset since = default;
        string? purposeText = q["purpose"];
        string? sinceText = q["since"];
        if (purposeText is not null && !Enum.TryParse(purposeText, ignoreCase: true, out purpose))
        {
            return new Problem("bad-query", $"'{purposeText}' is no purpose: live, shadow, warm or reconcile.");
        }

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal;
        if (
            sinceText is not null
            && !DateTimeOffset.TryParse(sinceText, CultureInfo.InvariantCulture, Styles, out since)
        )
        {
            return new Problem("bad-query", $"'{sinceText}' is no time: write it as 2026-01-31T12:00:00Z.");
        }

        return new JournalQuery(service)
        {
            Release = q["release"],
            Entity = q["entity"],
            Purpose = purposeText is null ? null : purpose,
            Since = sinceText is null ? null : since,
        };
    }

    private static async Task<IResult> HistoryAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        DateTimeOffset now = api.Clock.GetUtcNow();
        IReadOnlyList<EpochHistory> epochs = await api.Epochs.HistoryAsync(service, context.RequestAborted);
        return ApiRequest.Answer(
            new HistoryView(
                service,
                [.. epochs.TakeLast(Pages.MostItems).Select(RolloutViews.Of)],
                [
                    .. api
                        .Rollouts.List(service)
                        .Take(100)
                        .Select(r => RolloutViews.Of(r, full: false) with { Events = [] }),
                ]
            ),
            ProtocolJson.Default.HistoryView
        );
    }

    private static IResult? Denied(HttpContext context, ApiServices api, string service, Permission permission) =>
        AdminGuard.Need(context, permission)
        ?? (api.Catalog.Snapshot.Services.ContainsKey(service) ? null : context.Missing("service", service));
}
