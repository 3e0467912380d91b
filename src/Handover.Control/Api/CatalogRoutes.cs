using Handover.Control.Security;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Moves;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>What is declared: apply, and read back with what it is doing now.</summary>
internal static class CatalogRoutes
{
    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapPost("/apply", Handler.Of(c => ApplyAsync(c, api)))
            .Accepts<ApplyRequest>(MediaTypes.Json)
            .Produces<ApplyResult>();
        group.MapGet("/services", Handler.Of(c => ServicesAsync(c, api))).Produces<Page<ServiceView>>();
        group.MapGet("/services/{s}", (HttpContext c, string s) => ServiceAsync(c, api, s)).Produces<ServiceView>();
        group
            .MapGet("/services/{s}/releases", (HttpContext c, string s) => ReleasesAsync(c, api, s))
            .Produces<Page<ReleaseView>>();
        group
            .MapGet("/services/{s}/releases/{r}", (HttpContext c, string s, string r) => ReleaseAsync(c, api, s, r))
            .Produces<ReleaseView>();
        group.MapGet("/featureviews", Handler.Of(c => FeatureViews(c, api))).Produces<Page<FeatureViewView>>();
        group.MapGet("/segments", Handler.Of(c => Segments(c, api))).Produces<Page<SegmentView>>();
    }

    private static async Task<IResult> ApplyAsync(HttpContext context, ApiServices api)
    {
        string? validate = context.Request.Query["validateOnly"];
        bool validateOnly = validate is not null && (validate.Length == 0 || validate == "true");
        if (AdminGuard.Need(context, validateOnly ? Permission.Read : Permission.Operate) is { } denied)
        {
            return denied;
        }

        string revision = api.Catalog.Revision;
        Preconditions.Tag(context, revision);
        if (!validateOnly && Preconditions.Check(context, revision) is { } stale)
        {
            return stale;
        }

        Result<ApplyRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.ApplyRequest,
            RequestBody.Manifests
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        Result<ApplyResult> result = await api.Catalog.ApplyAsync(
            body.Value,
            validateOnly,
            context.Actor(),
            context.RequestAborted
        );
        if (result.Ok && result.Value.Applied)
        {
            context.Audited(
                api,
                "catalog.apply",
                body.Value.Reason,
                new() { ["revision"] = revision },
                Changes(result.Value, api.Catalog.Revision)
            );
            Preconditions.Tag(context, api.Catalog.Revision);
        }

        return context.Answer(result, ProtocolJson.Default.ApplyResult);
    }

    private static Dictionary<string, string> Changes(ApplyResult result, string revision)
    {
        var after = new Dictionary<string, string> { ["revision"] = revision };
        foreach (ChangeView change in result.Changes.Take(60))
        {
            after[$"{change.Kind} {change.Name}"] = $"{change.Action} {string.Join("; ", change.Fields)}".Trim();
        }

        return after;
    }

    private static async Task<IResult> ServicesAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        var views = new List<ServiceView>();
        foreach (Service service in api.Catalog.Snapshot.Services.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            views.Add(await ViewAsync(service, api, context.RequestAborted));
        }

        return context.Answer(Pages.Of(context, views, v => v.Name, v => v), ProtocolJson.Default.PageServiceView);
    }

    private static async Task<IResult> ServiceAsync(HttpContext context, ApiServices api, string name)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (!api.Catalog.Snapshot.Services.TryGetValue(name, out Service? service))
        {
            return context.Missing("service", name);
        }

        ServiceView view = await ViewAsync(service, api, context.RequestAborted);
        string etag = $"{api.Catalog.Revision}-{view.Epoch}";
        Preconditions.Tag(context, etag);
        return Preconditions.Unchanged(context, etag)
            ? TypedResults.StatusCode(304)
            : ApiRequest.Answer(view, ProtocolJson.Default.ServiceView);
    }

    private static async Task<IResult> ReleasesAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service) is { } denied)
        {
            return denied;
        }

        EpochRow? row = await api.Epochs.ReadAsync(service, context.RequestAborted);
        List<Release> releases =
        [
            .. api
                .Catalog.Snapshot.Releases.Values.Where(r =>
                    string.Equals(r.Service, service, StringComparison.Ordinal)
                )
                .OrderBy(r => r.Name, StringComparer.Ordinal),
        ];
        return context.Answer(
            Pages.Of(context, releases, r => r.Name, r => CatalogViews.Of(r, api, row?.Routing)),
            ProtocolJson.Default.PageReleaseView
        );
    }

    private static async Task<IResult> ReleaseAsync(HttpContext context, ApiServices api, string service, string name)
    {
        if (Denied(context, api, service) is { } denied)
        {
            return denied;
        }

        if (!api.Catalog.Snapshot.Releases.TryGetValue((service, name), out Release? release))
        {
            return context.Missing("release", $"{service}/{name}");
        }

        EpochRow? row = await api.Epochs.ReadAsync(service, context.RequestAborted);
        Preconditions.Tag(context, api.Catalog.Revision);
        return ApiRequest.Answer(CatalogViews.Of(release, api, row?.Routing), ProtocolJson.Default.ReleaseView);
    }

    private static IResult FeatureViews(HttpContext context, ApiServices api) =>
        AdminGuard.Need(context, Permission.Read)
        ?? context.Answer(
            Pages.Of(
                context,
                [.. api.Catalog.Snapshot.FeatureViews.Values.OrderBy(v => v.Name, StringComparer.Ordinal)],
                (FeatureView v) => v.Name,
                CatalogViews.Of
            ),
            ProtocolJson.Default.PageFeatureViewView
        );

    private static IResult Segments(HttpContext context, ApiServices api) =>
        AdminGuard.Need(context, Permission.Read)
        ?? context.Answer(
            Pages.Of(
                context,
                [.. api.Catalog.Snapshot.Segments.Values.OrderBy(s => s.Name, StringComparer.Ordinal)],
                (Segment s) => s.Name,
                CatalogViews.Of
            ),
            ProtocolJson.Default.PageSegmentView
        );

    private static IResult? Denied(HttpContext context, ApiServices api, string service) =>
        AdminGuard.Need(context, Permission.Read)
        ?? (api.Catalog.Snapshot.Services.ContainsKey(service) ? null : context.Missing("service", service));

    private static async Task<ServiceView> ViewAsync(Service service, ApiServices api, CancellationToken cancel)
    {
        EpochRow? row = await api.Epochs.ReadAsync(service.Name, cancel);
        return CatalogViews.Of(service, api, row?.Routing, row?.Epoch ?? 0);
    }
}
