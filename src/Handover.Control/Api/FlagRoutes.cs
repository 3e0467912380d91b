using Handover.Control.Security;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>
/// The kill switch. Everything that needs the store comes after the gateways have obeyed: the switch is pressed when
/// something is broken, and the store may be what is broken.
/// </summary>
internal static class FlagRoutes
{
    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group.MapGet("/services/{s}:flag", (HttpContext c, string s) => Read(c, api, s)).Produces<FlagView>();
        group
            .MapPost("/services/{s}:flagOff", (HttpContext c, string s) => SwitchAsync(c, api, s, off: true))
            .Accepts<RolloutCommandRequest>(MediaTypes.Json)
            .Produces<FlagView>();
        group
            .MapPost("/services/{s}:flagOn", (HttpContext c, string s) => SwitchAsync(c, api, s, off: false))
            .Accepts<RolloutCommandRequest>(MediaTypes.Json)
            .Produces<FlagView>();
    }

    /// <summary>The switch that is in force on any gateway; null when there is none.</summary>
    public static KillSwitch? OffOf(ApiServices api, string service) =>
        api.Gateways.Select(g => g.Status(service)?.Off).FirstOrDefault(off => off is not null);

    public static KillSwitchView? ViewOf(KillSwitch? off) =>
        off is null ? null : new KillSwitchView(off.By, off.Reason, off.At, off.Lifted);

    public static MetricValue Gauge(ApiServices api, string service) =>
        new(OffOf(api, service) is null ? 0 : 1, ("service", service));

    public static IEnumerable<MetricValue> Counts(ApiServices api, string service)
    {
        FlagCounts[] all = [.. api.Gateways.Select(g => g.Status(service)?.Flag).OfType<FlagCounts>()];
        MetricValue Of(string answer, Func<FlagCounts, long> count) =>
            new(all.Sum(count), ("service", service), ("answer", answer));
        return
        [
            Of("allowed", c => c.Allowed),
            Of("refused", c => c.Refused),
            Of("unknown", c => c.Unknown),
            Of("failed", c => c.Failed),
            Of("crowded", c => c.Crowded),
        ];
    }

    private static IResult Read(HttpContext context, ApiServices api, string service) =>
        AdminGuard.Need(context, Permission.Read)
        ?? (
            api.Catalog.Snapshot.Services.ContainsKey(service)
                ? ApiRequest.Answer(View(api, service, null), ProtocolJson.Default.FlagView)
                : context.Missing("service", service)
        );

    // Off is for everybody who may take traffic back; on gives traffic away again and is for who may steer.
    private static async Task<IResult> SwitchAsync(HttpContext context, ApiServices api, string service, bool off)
    {
        if (AdminGuard.Need(context, off ? Permission.TakeBack : Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (!api.Catalog.Snapshot.Services.ContainsKey(service))
        {
            return context.Missing("service", service);
        }

        Result<RolloutCommandRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.RolloutCommandRequest
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        if (!off && BeingTakenBack(api, service) is { } open)
        {
            string rollout = open.Id;
            return ApiProblems.Of(
                context,
                [
                    new Problem("conflict", $"{rollout} is being taken back because of the switch.")
                    {
                        Fix = "Switch on once it is rolled back, so that nobody meets its candidate twice.",
                    },
                ]
            );
        }

        var change = off ? new KillSwitch(context.Actor(), body.Value.Reason ?? "", api.Clock.GetUtcNow()) : null;
        List<Problem> problems = [.. api.Gateways.Select(g => g.Switch(service, change)).OfType<Problem>()];
        string what = off ? "flag.off" : "flag.on";
        context.Audited(api, $"{what} {service}", body.Value.Reason, after: new() { ["flag"] = off ? "off" : "on" });
        string? warning = problems.Count == 0 ? null : string.Join("; ", problems.Select(p => p.ToString()));
        return ApiRequest.Answer(View(api, service, warning), ProtocolJson.Default.FlagView);
    }

    private static RolloutState? BeingTakenBack(ApiServices api, string service) =>
        OffOf(api, service) is null
            ? null
            : api.Rollouts.States(service).FirstOrDefault(s => s.Open && s.Plan.Undoes is null);

    private static FlagView View(ApiServices api, string service, string? warning)
    {
        KillSwitch? off = OffOf(api, service);
        RolloutState? open = api.Rollouts.States(service).FirstOrDefault(s => s.Open);
        return new FlagView
        {
            Service = service,
            Flag = off is null ? "on" : "off",
            Off = ViewOf(off),
            Rollout = off is null ? null : open?.Id,
            Warning = warning,
        };
    }
}
