using Handover.Control.Evidence;
using Handover.Control.Labels;
using Handover.Control.Security;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Handover.Control.Api;

/// <summary>Stable against itself on recorded traffic. Changes nothing; one trial runs at a time.</summary>
internal static class TrialRoutes
{
    private const int MostRecorded = 12_000;
    private const int LeastReplayed = 1_000;
    private static readonly SemaphoreSlim One = new(1, 1);

    public static void Map(RouteGroupBuilder group, ApiServices api) =>
        group
            .MapPost("/services/{s}:aa", (HttpContext c, string s) => RunAsync(c, api, s))
            .Accepts<TrialRequest>(MediaTypes.Json)
            .Produces<TrialView>();

    private static async Task<IResult> RunAsync(HttpContext context, ApiServices api, string name)
    {
        if (AdminGuard.Need(context, Permission.Operate) is { } denied)
        {
            return denied;
        }

        if (!api.Catalog.Snapshot.Services.TryGetValue(name, out Service? service))
        {
            return context.Missing("service", name);
        }

        Result<TrialRequest> body = await RequestBody.JsonAsync(
            context.Request,
            ProtocolJson.Default.TrialRequest,
            RequestBody.Manifests
        );
        Result<RolloutPlan> plan = body.Ok ? Plan(api, service, body.Value) : Result<RolloutPlan>.Failed(body.Problems);
        if (!plan.Ok)
        {
            return ApiProblems.Of(context, plan.Problems);
        }

        if (!await One.WaitAsync(0, context.RequestAborted))
        {
            return ApiProblems.Of(context, 409, "conflict", "another trial is running; one at a time.");
        }

        try
        {
            return context.Answer(
                await TryAsync(api, service, plan.Value, body.Value.Runs, context.RequestAborted),
                ProtocolJson.Default.TrialView
            );
        }
        finally
        {
            One.Release();
        }
    }

    private static Result<RolloutPlan> Plan(ApiServices api, Service service, TrialRequest request)
    {
        if (request.Runs is < 20 or > 10_000)
        {
            return new Problem("bad-body", "a trial has 20 to 10,000 runs.") { Field = "runs" };
        }

        if (request.Manifest is { } manifest)
        {
            return api.Catalog.Plan(new StartRolloutRequest { Manifest = manifest, ManifestFile = "rollout.yaml" });
        }

        List<MetricGate> metrics = [.. GatePlan.Default];
        if (service.Labels is not null)
        {
            metrics.Add(new MetricGate("loss", new Ratio(0.05)));
        }

        return new RolloutPlan
        {
            Name = "aa",
            Service = service.Name,
            To = service.Stable,
            Salt = "aa",
            Phases = StrategyPhases.For(Strategy.Parallel),
            Gates = new GatePlan { Metrics = metrics },
        };
    }

    private static async Task<Result<TrialView>> TryAsync(
        ApiServices api,
        Service service,
        RolloutPlan plan,
        int runs,
        CancellationToken cancel
    )
    {
        EpochRow? row = await api.Epochs.ReadAsync(service.Name, cancel);
        string stable = row?.Routing.Stable ?? service.Stable;
        var query = new JournalQuery(service.Name) { Release = stable, Purpose = Purpose.Live };
        List<Exchange> recorded =
        [
            .. (await api.Journal.RecentAsync(query, MostRecorded, cancel))
                .Where(e => e.Inference && e.Outcome is not (ExchangeOutcome.Refused or ExchangeOutcome.ClientGone))
                .OrderBy(e => e.At),
        ];
        int past = Math.Max(LeastReplayed, recorded.Count / 4);
        if (recorded.Count < past + LeastReplayed)
        {
            return new Problem(
                "too-little-recorded",
                $"{recorded.Count} answers of {stable} are recorded; a trial needs {2 * LeastReplayed}."
            )
            {
                Fix = "Let the service answer more requests, or raise spec.journal.sample.",
            };
        }

        Dictionary<string, LabelledExchange> labels = Labels(api, service, recorded);
        List<Exchange> replayed = recorded[past..];
        var trial = new SameReleaseTrial(service, plan, recorded[..past], replayed, labels);
        (Dictionary<string, long> culprits, long looks) = await Task.Run(() => Runs(trial, runs, cancel), cancel);
        long alarms = culprits.Values.Sum();
        (double low, double high) = Wilson(alarms, runs);
        return new TrialView
        {
            Service = service.Name,
            Release = stable,
            Replayed = replayed.Count,
            Entities = replayed.Select(e => e.Entity ?? e.RequestId).Distinct().LongCount(),
            Labelled = replayed.LongCount(e => labels.ContainsKey(e.RequestId)),
            Shares = [.. trial.Shares.Select(RolloutViews.Percent)],
            Runs = runs,
            Looks = looks,
            Alarms = alarms,
            Rate = (double)alarms / runs,
            Low = low,
            High = high,
            Alpha = plan.Gates.Alpha.Value,
            Culprits = culprits,
        };
    }

    private static (Dictionary<string, long> Culprits, long Looks) Runs(
        SameReleaseTrial trial,
        int runs,
        CancellationToken cancel
    )
    {
        var culprits = new Dictionary<string, long>(StringComparer.Ordinal);
        long looks = 0;
        for (int i = 0; i < runs; i++)
        {
            cancel.ThrowIfCancellationRequested();
            (string? culprit, int asked) = trial.Run($"aa-{i}");
            looks = Math.Max(looks, asked);
            if (culprit is not null)
            {
                culprits[culprit] = culprits.GetValueOrDefault(culprit) + 1;
            }
        }

        return (culprits, looks);
    }

    private static Dictionary<string, LabelledExchange> Labels(
        ApiServices api,
        Service service,
        List<Exchange> recorded
    )
    {
        var labels = new Dictionary<string, LabelledExchange>(StringComparer.Ordinal);
        if (api.LabelStore is not { } store || service.Labels is null)
        {
            return labels;
        }

        foreach (Exchange[] chunk in recorded.Where(LabelComparison.IsAnswer).Chunk(500))
        {
            ILookup<string, KeptLabel> kept = store.Find(service.Name, chunk.Select(e => e.RequestId));
            foreach (Exchange answer in chunk)
            {
                foreach (KeptLabel label in kept[answer.RequestId].Where(l => l.Metric.Length == 0))
                {
                    if (LabelComparison.Of(service, answer, label) is { } compared)
                    {
                        labels[answer.RequestId] = compared;
                    }
                }
            }
        }

        return labels;
    }

    /// <summary>Wilson's 95 % interval of a proportion (1927).</summary>
    private static (double Low, double High) Wilson(long hits, long n)
    {
        const double Z = 1.959964;
        double p = (double)hits / n;
        double centre = (p + (Z * Z / (2 * n))) / (1 + (Z * Z / n));
        double half = Z / (1 + (Z * Z / n)) * Math.Sqrt((p * (1 - p) / n) + (Z * Z / (4.0 * n * n)));
        return (Math.Max(0, centre - half), Math.Min(1, centre + half));
    }
}
