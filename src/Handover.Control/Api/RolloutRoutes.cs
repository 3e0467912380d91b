using System.Globalization;
using Handover.Control.Engine;
using Handover.Control.Security;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>Rollouts: start, look, steer.</summary>
internal static class RolloutRoutes
{
    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group.MapGet("/rollouts", Handler.Of(c => List(c, api))).Produces<Page<RolloutView>>();
        group
            .MapPost("/rollouts", Handler.Of(c => StartAsync(c, api)))
            .Accepts<StartRolloutRequest>(MediaTypes.Json)
            .Produces<RolloutView>(201);
        group
            .MapPost("/rollouts:forecast", Handler.Of(c => ForecastAsync(c, api)))
            .Accepts<StartRolloutRequest>(MediaTypes.Json)
            .Produces<RolloutView>();
        group.MapGet("/rollouts/{id}", (HttpContext c, string id) => Get(c, api, id)).Produces<RolloutView>();
        group.MapGet("/rollouts/{id}/events", (HttpContext c, string id) => RolloutEventStream.RunAsync(c, api, id));
        group
            .MapGet("/rollouts/{id}/report", (HttpContext c, string id) => ReportAsync(c, api, id))
            .Produces<RolloutReportView>();
        group
            .MapGet("/rollouts/{id}/hold", (HttpContext c, string id) => Hold(c, api, id))
            .Produces<HoldForecastView>();
        foreach (
            string verb in (string[])
                ["pause", "resume", "promote", "setShare", "rollback", "approve", "retry", "readmit"]
        )
        {
            group
                .MapPost($"/rollouts/{{id}}:{verb}", (HttpContext c, string id) => CommandAsync(c, api, id, verb))
                .Accepts<RolloutCommandRequest>(MediaTypes.Json)
                .Produces<RolloutView>();
        }
    }

    private static IResult List(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        string? service = context.Request.Query["service"];
        return context.Answer(
            Pages.Of(
                context,
                api.Rollouts.List(string.IsNullOrEmpty(service) ? null : service),
                r => r.State.Id,
                r => RolloutViews.Of(r, full: false)
            ),
            ProtocolJson.Default.PageRolloutView
        );
    }

    private static IResult Get(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        return api.Rollouts.Find(id) is { } found ? View(context, api, found) : context.Missing("rollout", id);
    }

    private static async Task<IResult> StartAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Operate) is { } denied)
        {
            return denied;
        }

        Result<StartRolloutRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.StartRolloutRequest,
            RequestBody.Manifests
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        Result<RolloutPlan> plan = api.Catalog.Plan(body.Value);
        if (!plan.Ok)
        {
            return ApiProblems.Of(context, plan.Problems);
        }

        Result<RolloutSnapshot> started = await api.Rollouts.StartAsync(
            plan.Value,
            context.Actor(),
            context.RequestAborted
        );
        if (!started.Ok)
        {
            return ApiProblems.Of(context, started.Problems);
        }

        RolloutState state = started.Value.State;
        context.Audited(
            api,
            $"rollout.start {state.Id}",
            body.Value.Reason,
            after: new()
            {
                ["service"] = state.Plan.Service,
                ["from"] = state.From,
                ["to"] = state.Plan.To,
                ["strategy"] = RolloutViews.Wire(state.Plan.Strategy),
            }
        );
        context.Response.Headers.Location = $"/api/v1/rollouts/{Uri.EscapeDataString(state.Id)}";
        return View(context, api, started.Value, 201);
    }

    /// <summary>The rollout that a start would make, and how it would go on; nothing is changed.</summary>
    private static async Task<IResult> ForecastAsync(HttpContext context, ApiServices api)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        Result<RolloutPlan> plan = await PlanAsync(context, api);
        Result<RolloutSnapshot> ahead = plan.Ok
            ? await api.Rollouts.ForecastAsync(plan.Value, context.RequestAborted)
            : Result<RolloutSnapshot>.Failed(plan.Problems);
        return ahead.Ok
            ? ApiRequest.Answer(
                RolloutViews.Of(ahead.Value, full: true) with
                {
                    Skew = await SkewViews.OfAsync(api, ahead.Value, context.RequestAborted),
                },
                ProtocolJson.Default.RolloutView
            )
            : ApiProblems.Of(context, ahead.Problems);
    }

    private static async Task<Result<RolloutPlan>> PlanAsync(HttpContext context, ApiServices api)
    {
        Result<StartRolloutRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.StartRolloutRequest,
            RequestBody.Manifests
        );
        return body.Ok ? api.Catalog.Plan(body.Value) : Result<RolloutPlan>.Failed(body.Problems);
    }

    private static async Task<IResult> CommandAsync(HttpContext context, ApiServices api, string id, string verb)
    {
        Permission permission = verb switch
        {
            "approve" => Permission.Approve,
            "rollback" => Permission.TakeBack,
            _ => Permission.Operate,
        };
        if (AdminGuard.Need(context, permission) is { } denied)
        {
            return denied;
        }

        if (api.Rollouts.Find(id) is not { } before)
        {
            return context.Missing("rollout", id);
        }

        if (Preconditions.Check(context, RolloutViews.ETag(before)) is { } stale)
        {
            return stale;
        }

        Result<RolloutCommandRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.RolloutCommandRequest
        );
        Result<UserCommand> command = body.Ok ? CommandOf(verb, body.Value) : Result<UserCommand>.Failed(body.Problems);
        if (!command.Ok)
        {
            return ApiProblems.Of(context, command.Problems);
        }

        string actor = context.Actor();
        Result<RolloutSnapshot> done = await api.Rollouts.CommandAsync(
            before.State.Id,
            command.Value,
            actor,
            context.RequestAborted
        );
        if (!done.Ok)
        {
            return ApiProblems.Of(context, done.Problems);
        }

        context.Audited(
            api,
            $"rollout.{verb} {before.State.Id}",
            body.Value.Reason,
            Facts(before.State),
            Facts(done.Value.State)
        );
        return View(context, api, done.Value);
    }

    private static Result<UserCommand> CommandOf(string verb, RolloutCommandRequest body)
    {
        if (body.Full is not null && verb != "promote")
        {
            return new Problem("bad-body", $"'{verb}' takes no 'full'.") { Field = "full" };
        }

        if (body.Percent is not null && verb != "setShare")
        {
            return new Problem("bad-body", $"'{verb}' takes no 'percent'.") { Field = "percent" };
        }

        if (verb == "setShare" && body.Percent is not (>= 0 and <= 100))
        {
            return new Problem("bad-body", "setShare needs 'percent', a number from 0 to 100.") { Field = "percent" };
        }

        string? segment = body.Segment is { Length: > 0 } given ? given : null;
        if (segment is null && verb == "readmit")
        {
            return new Problem("bad-body", "readmit needs 'segment'.") { Field = "segment" };
        }

        if (segment is not null && (verb is "setShare" or "approve" or "retry" || body.Full == true))
        {
            string what = body.Full == true ? "promote with 'full'" : $"'{verb}'";
            return new Problem("bad-body", $"{what} takes no 'segment'.") { Field = "segment" };
        }

        return verb switch
        {
            "pause" => new UserCommand.Pause(segment),
            "resume" => new UserCommand.Resume(segment),
            "promote" => new UserCommand.Promote(body.Full ?? false, segment),
            "rollback" when segment is not null => new UserCommand.TakeBack(
                segment,
                body.Reason ?? "a person asked for it"
            ),
            "setShare" => new UserCommand.SetShare(Share.FromPercent(body.Percent!.Value)),
            "approve" => new UserCommand.Approve(),
            "readmit" => new UserCommand.Readmit(segment!),
            "retry" => new UserCommand.Retry(),
            _ => new UserCommand.Rollback(body.Reason ?? "a person asked for it"),
        };
    }

    private static IResult Hold(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        string? text = context.Request.Query["percent"];
        double percent = 0;
        if (
            !string.IsNullOrEmpty(text)
            && (!double.TryParse(text, CultureInfo.InvariantCulture, out percent) || percent is not (>= 0 and <= 100))
        )
        {
            return ApiProblems.Of(context, 400, "bad-query", "percent is a number from 0 to 100.");
        }

        Share? share = string.IsNullOrEmpty(text) ? null : Share.FromPercent(percent);
        Result<HoldForecast> forecast = api.Rollouts.ForecastHold(id, share);
        if (!forecast.Ok)
        {
            return ApiProblems.Of(context, forecast.Problems);
        }

        return ApiRequest.Answer(RolloutViews.Of(forecast.Value), ProtocolJson.Default.HoldForecastView);
    }

    private static async Task<IResult> ReportAsync(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.Rollouts.Find(id) is not { } found)
        {
            return context.Missing("rollout", id);
        }

        DateTimeOffset now = api.Clock.GetUtcNow();
        RolloutView view = RolloutDetail.Of(api, found) with
        {
            Skew = await SkewViews.OfAsync(api, found, context.RequestAborted),
        };
        DateTimeOffset end = view.EndedAt ?? now;
        var history = await api.Epochs.HistoryAsync(view.Service, context.RequestAborted);
        List<EpochView> epochs =
        [
            .. history
                .Where(h => h.At >= view.StartedAt && h.At <= end + TimeSpan.FromSeconds(1))
                .Select(RolloutViews.Of),
        ];
        return ApiRequest.Answer(
            new RolloutReportView(
                view,
                epochs,
                (end - view.StartedAt).TotalSeconds,
                RolloutViews.Summary(view, epochs)
            ),
            ProtocolJson.Default.RolloutReportView
        );
    }

    private static IResult View(HttpContext context, ApiServices api, RolloutSnapshot snapshot, int status = 200)
    {
        string etag = RolloutViews.ETag(snapshot);
        Preconditions.Tag(context, etag);
        if (HttpMethods.IsGet(context.Request.Method) && Preconditions.Unchanged(context, etag))
        {
            return TypedResults.StatusCode(304);
        }

        RolloutView view = RolloutDetail.Of(api, snapshot);
        return TypedResults.Json(view, ProtocolJson.Default.RolloutView, statusCode: status);
    }

    private static Dictionary<string, string> Facts(RolloutState state) =>
        new()
        {
            ["state"] = RolloutViews.Wire(state.Status),
            ["phase"] = state.Phase.Kind,
            ["share"] = state.Share.ToString(),
            ["epoch"] = state.Epoch.ToString(CultureInfo.InvariantCulture),
            ["approvedBy"] = state.ApprovedBy ?? "",
        };
}
