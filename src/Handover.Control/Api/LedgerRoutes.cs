using System.Globalization;
using System.Text;
using System.Text.Json;
using Handover.Control.Evidence;
using Handover.Control.Ledger;
using Handover.Control.Reconcile;
using Handover.Control.Security;
using Handover.Control.Stores;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Ledger;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>The ledger as operators see it, and what a rolled-back release leaves to make good.</summary>
internal static class LedgerRoutes
{
    private const double MostPerSecond = 1000;

    public static void Map(RouteGroupBuilder group, ApiServices api)
    {
        group
            .MapGet("/services/{s}/ledger", (HttpContext c, string s) => ListAsync(c, api, s))
            .Produces<Page<DecisionView>>();
        group
            .MapPost("/services/{s}/ledger:settle", (HttpContext c, string s) => SettleAsync(c, api, s))
            .Accepts<SettleDecisionRequest>(MediaTypes.Json)
            .Produces<DecisionView>();
        group
            .MapGet("/rollouts/{id}/reconciliation", (HttpContext c, string id) => ReconcileAsync(c, api, id))
            .Produces<ReconciledLine>(contentType: MediaTypes.NdJson);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Read) is { } denied)
        {
            return denied;
        }

        IQueryCollection asked = context.Request.Query;
        string? stage = asked["stage"];
        DecisionStage? only = stage switch
        {
            null or "" => null,
            "inFlight" => DecisionStage.InFlight,
            "done" => DecisionStage.Done,
            "unknown" => DecisionStage.Unknown,
            _ => (DecisionStage)(-1),
        };
        Result<int> size = Pages.Size(context);
        long after = 0;
        string? token = asked["pageToken"];
        bool known =
            size.Ok
            && only != (DecisionStage)(-1)
            && (string.IsNullOrEmpty(token) || long.TryParse(token, CultureInfo.InvariantCulture, out after));
        if (!known)
        {
            return ApiProblems.Of(
                context,
                400,
                "bad-query",
                "use stage=inFlight|done|unknown, key, release, pageSize."
            );
        }

        var query = new DecisionQuery(service)
        {
            Stage = only,
            Key = asked["key"],
            Release = asked["release"],
        };
        IReadOnlyList<(long Id, Decision Row)> rows;
        try
        {
            rows = await api.Ledger!.PageAsync(query, after, size.Value, context.RequestAborted);
        }
        catch (StoreException e)
        {
            return ApiProblems.Of(context, [e.Problem]);
        }

        string? next = rows.Count == size.Value ? rows[^1].Id.ToString(CultureInfo.InvariantCulture) : null;
        return ApiRequest.Answer(
            new Page<DecisionView>([.. rows.Select(r => View(r.Row))], next),
            ProtocolJson.Default.PageDecisionView
        );
    }

    private static async Task<IResult> SettleAsync(HttpContext context, ApiServices api, string service)
    {
        if (Denied(context, api, service, Permission.Operate) is { } denied)
        {
            return denied;
        }

        Result<SettleDecisionRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.SettleDecisionRequest,
            RequestBody.Labels
        );
        if (!body.Ok)
        {
            return ApiProblems.Of(context, body.Problems);
        }

        SettleDecisionRequest asked = body.Value;
        if (asked.Decided && asked.Status is < 200 or > 599)
        {
            return ApiProblems.Of(context, 400, "bad-body", "status must be a number from 200 to 599.");
        }

        RecordedAnswer? answer = asked.Decided
            ? new RecordedAnswer(
                asked.Status,
                [KeyValuePair.Create("Content-Type", asked.ContentType)],
                Encoding.UTF8.GetBytes(asked.Body ?? "")
            )
            : null;
        LedgerReply? reply = await api.Ledger!.TellAsync(
            new LedgerWrite.Settle(service, asked.Key, asked.RequestId, answer)
        );
        if (reply is not { Outcome: LedgerOutcome.Applied })
        {
            return reply is null
                ? ApiProblems.Of(context, 503, "unavailable", "the ledger cannot be written now.")
                : ApiProblems.Of(
                    context,
                    409,
                    "conflict",
                    "the decision is not unknown, or another request ran since."
                );
        }

        context.Audited(
            api,
            $"ledger.settle {service} {asked.Key}",
            asked.Reason,
            before: new() { ["stage"] = "unknown", ["request"] = asked.RequestId },
            after: new() { ["decided"] = asked.Decided ? $"{asked.Status}" : "no" }
        );
        return reply.Row is { } row
            ? ApiRequest.Answer(View(row), ProtocolJson.Default.DecisionView)
            : ApiRequest.Answer(
                new DecisionView(service, asked.Key, "free", asked.RequestId, "", 0, null, api.Clock.GetUtcNow(), null),
                ProtocolJson.Default.DecisionView
            );
    }

    private static async Task<IResult> ReconcileAsync(HttpContext context, ApiServices api, string id)
    {
        if (AdminGuard.Need(context, Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (api.Reconciliation is null)
        {
            return context.NotYet("reconciliation");
        }

        if (api.Rollouts.Find(id)?.State is not { } rollout)
        {
            return context.Missing("rollout", id);
        }

        string? rate = context.Request.Query["rate"];
        if (!TryRate(rate, out double perSecond))
        {
            return ApiProblems.Of(context, 400, "bad-query", $"rate must be a number up to {MostPerSecond}.");
        }

        Result<ReconcileScope> scope = await ScopeAsync(api, rollout, perSecond, context.RequestAborted);
        if (!scope.Ok)
        {
            return ApiProblems.Of(context, scope.Problems);
        }

        context.Audited(api, $"rollout.reconcile {rollout.Id}", null);
        return TypedResults.Stream(
            stream => WriteAsync(stream, api, rollout.Id, scope.Value, context.RequestAborted),
            MediaTypes.NdJson
        );
    }

    private static bool TryRate(string? text, out double rate)
    {
        rate = 50;
        return string.IsNullOrEmpty(text)
            || (
                double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out rate)
                && rate is > 0 and <= MostPerSecond
            );
    }

    private static async Task<Result<ReconcileScope>> ScopeAsync(
        ApiServices api,
        RolloutState rollout,
        double rate,
        CancellationToken cancel
    )
    {
        string name = rollout.Plan.Service;
        if (!api.Catalog.Snapshot.Services.TryGetValue(name, out Service? service))
        {
            return new Problem("not-found", $"there is no service named '{name}'.");
        }

        EpochRow? row = await api.Epochs.ReadAsync(name, cancel);
        bool serves =
            row is not null && (row.Routing.Stable == rollout.Plan.To || row.Routing.Candidate == rollout.Plan.To);
        if (row is null || serves)
        {
            return new Problem("conflict", $"release '{rollout.Plan.To}' still serves.")
            {
                Fix = $"Take it back first: handover rollback {name}.",
            };
        }

        DateTimeOffset? until = rollout.Status == RolloutStatus.RolledBack ? rollout.EndedAt : null;
        string stable = row.Routing.Stable;
        return new ReconcileScope(service, rollout.Plan.To, stable, rollout.StartedAt, until, rate)
        {
            Rules = AnswerRules.Of(api.Catalog.Snapshot, service, stable, rollout.Plan.To, rollout.Plan.Compare),
        };
    }

    private static async Task WriteAsync(
        Stream stream,
        ApiServices api,
        string rollout,
        ReconcileScope scope,
        CancellationToken cancel
    )
    {
        var sums = new ReconcileSums();
        byte[] end = "\n"u8.ToArray();
        await foreach (ReconciledDecision decision in api.Reconciliation!.RunAsync(scope, cancel))
        {
            ReconciledView view = ReconciledViews.Of(decision, scope);
            sums.Add(view);
            await LineAsync(new ReconciledLine { Decision = view });
        }

        double sampled = scope.Service.Journal.Sample.Value;
        await LineAsync(new ReconciledLine { Sums = sums.Of(rollout, api.Journal.Dropped, sampled) });

        async Task LineAsync(ReconciledLine line)
        {
            await JsonSerializer.SerializeAsync(stream, line, ProtocolJson.Default.ReconciledLine, cancel);
            await stream.WriteAsync(end, cancel);
        }
    }

    private static DecisionView View(Decision row) =>
        new(
            row.Service,
            row.Key,
            RolloutViews.Wire(row.Stage),
            row.RequestId,
            row.Release,
            row.Epoch,
            row.Entity,
            row.At,
            row.Answer?.Status
        );

    private static IResult? Denied(HttpContext context, ApiServices api, string service, Permission permission) =>
        AdminGuard.Need(context, permission)
        ?? (api.Ledger is null ? context.NotYet("the ledger") : null)
        ?? (api.Catalog.Snapshot.Services.ContainsKey(service) ? null : context.Missing("service", service));
}
