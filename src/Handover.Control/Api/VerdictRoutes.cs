using Handover.Control.Evidence;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Core.Foundation;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>The history of a rollout's verdicts, and their recomputation from the ticks that were kept.</summary>
internal static class VerdictRoutes
{
    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapGet("/rollouts/{id}/verdicts", (HttpContext c, string id) => List(c, api, id))
            .Produces<Page<VerdictRecordView>>();
        group
            .MapGet("/rollouts/{id}/recomputation", (HttpContext c, string id) => Recompute(c, api, id))
            .Produces<RecomputationView>();
    }

    private static IResult List(HttpContext context, ApiServices api, string id)
    {
        if (Denied(context, api, id, out _, out string record) is { } denied)
        {
            return denied;
        }

        return context.Answer(
            Pages.Of(context, api.Record!.Verdicts(record), r => $"{r.Seq}", View),
            ProtocolJson.Default.PageVerdictRecordView
        );
    }

    private static IResult Recompute(HttpContext context, ApiServices api, string id)
    {
        if (Denied(context, api, id, out string rollout, out string record) is { } denied)
        {
            return denied;
        }

        Result<Recomputed> done = Recomputation.Run(api.Record!, record);
        return done.Ok
            ? ApiRequest.Answer(
                new RecomputationView(
                    rollout,
                    done.Value.Same,
                    done.Value.Ticks,
                    [
                        .. done.Value.Verdicts.Select(v => new RecomputedVerdictView(
                            View(v.Kept),
                            v.Again is { } again ? RolloutViews.Of(again) : null,
                            v.Same
                        )),
                    ]
                ),
                ProtocolJson.Default.RecomputationView
            )
            : ApiProblems.Of(context, done.Problems);
    }

    private static IResult? Denied(
        HttpContext context,
        ApiServices api,
        string id,
        out string rollout,
        out string record
    )
    {
        rollout = "";
        record = "";
        if (AdminGuard.Need(context, Permission.Read) is { } denied)
        {
            return denied;
        }

        if (api.Record is null)
        {
            return context.NotYet("the record of verdicts");
        }

        if (api.Rollouts.Find(id) is not { } found)
        {
            return context.Missing("rollout", id);
        }

        // A segment with evidence of its own has a record of its own.
        string? segment = context.Request.Query["segment"];
        if (segment is not null && !found.State.Plan.Paces.Any(p => p.Alone && p.Segment == segment))
        {
            return context.Missing("segment with evidence of its own", segment);
        }

        rollout = found.State.Id;
        record = RolloutEvidence.KeyOf(rollout, segment);
        return null;
    }

    private static VerdictRecordView View(VerdictRecord record) =>
        new()
        {
            Seq = record.Seq,
            At = record.At,
            Ticks = record.Ticks,
            ConfigHash = record.ConfigHash,
            Share = RolloutViews.Percent(record.Input.CandidateShare),
            Verdict = RolloutViews.Of(record.Verdict),
            Gates = [.. record.Verdict.Gates.Select(RolloutViews.Gate)],
            Counts =
            [
                .. record.Counts.Select(c => new GateCountsView(
                    c.Metric,
                    c.Level,
                    c.CandidateBad,
                    c.CandidateUnits,
                    c.StableBad,
                    c.StableUnits
                )),
            ],
            Margins = record.Margins.ToDictionary(m => m.Name, m => m.WorseBy.Value),
        };
}
