using Handover.Control.Ledger;
using Handover.Ports;

namespace Handover.Control.Api;

/// <summary>
/// What the rooms of a node counted, for <c>/metrics</c>: whatever is dropped, refused or left out anywhere can be seen
/// here, and alerted on.
/// </summary>
internal static class NodeMetrics
{
    public static IEnumerable<MetricSource> Of(ApiServices api) => [.. Gateways(api), .. Ledger(api), .. Outbox(api)];

    private static IEnumerable<MetricSource> Gateways(ApiServices api) =>
        [
            PerService(
                api,
                "handover_epoch",
                "Epoch of the routing in force; the lowest of the gateways.",
                MetricType.Gauge,
                all => all.Min(s => s.Epoch)
            ),
            PerService(api, "handover_held", "Requests held now.", MetricType.Gauge, all => all.Sum(s => s.Held)),
            PerService(
                api,
                "handover_mirrored_total",
                "Copies of requests that the candidate was asked.",
                MetricType.Counter,
                all => all.Sum(s => s.Mirrored)
            ),
            PerService(
                api,
                "handover_mirrors_dropped_total",
                "Copies that were not made: too many were under way, or the body was too large.",
                MetricType.Counter,
                all => all.Sum(s => s.MirrorsDropped)
            ),
            PerService(
                api,
                "handover_mirrors_withheld_total",
                "Copies that were not made because the share had lowered itself.",
                MetricType.Counter,
                all => all.Sum(s => s.MirrorsWithheld)
            ),
            PerService(
                api,
                "handover_mirror_share",
                "Part of requests that is copied now; the lowest of the gateways, 0 when nothing is.",
                MetricType.Gauge,
                all => all.Min(s => s.MirrorShare?.Now.Ratio.Value ?? 0)
            ),
            PerService(
                api,
                "handover_mirror_share_wanted",
                "Part of requests that the rollout wants copied.",
                MetricType.Gauge,
                all => all.Max(s => s.MirrorShare?.Wanted.Ratio.Value ?? 0)
            ),
            PerService(
                api,
                "handover_redraws_total",
                "Requests that stable was asked a second time.",
                MetricType.Counter,
                all => all.Sum(s => s.Redraws)
            ),
            PerService(
                api,
                "handover_redraws_dropped_total",
                "Second questions to stable that were not asked: too many were under way.",
                MetricType.Counter,
                all => all.Sum(s => s.RedrawsDropped)
            ),
            PerService(
                api,
                "handover_pins_stripped_total",
                "Incoming pins that were unsigned, wrong or out of date and were taken off.",
                MetricType.Counter,
                all => all.Sum(s => s.PinsStripped)
            ),
            PerService(
                api,
                "handover_adapter_failures_total",
                "Answers that their release's output adapter could not rewrite; callers got 502.",
                MetricType.Counter,
                all => all.Sum(s => s.AdaptersFailed)
            ),
            PerService(
                api,
                "handover_flag_asked_total",
                "Questions to the organisation's flag server.",
                MetricType.Counter,
                all => all.Sum(s => s.Flag.Asked)
            ),
        ];

    private static IEnumerable<MetricSource> Ledger(ApiServices api)
    {
        if (api.Ledger is not { } ledger)
        {
            return [];
        }

        return
        [
            new MetricSource(
                "handover_ledger_events_total",
                "What happened to keys: claimed, replayed, in doubt, failed writes, found to have run twice.",
                MetricType.Counter,
                () =>
                {
                    LedgerCounts now = ledger.Counts;
                    return
                    [
                        new MetricValue(now.Claimed, ("event", "claimed")),
                        new MetricValue(now.Replayed, ("event", "replayed")),
                        new MetricValue(now.InDoubt, ("event", "inDoubt")),
                        new MetricValue(now.Failed, ("event", "failed")),
                        new MetricValue(now.RanTwice, ("event", "ranTwice")),
                    ];
                }
            ),
            MetricSource.Single(
                "handover_ledger_commits_total",
                "Syncs of the ledger's log.",
                MetricType.Counter,
                () => ledger.Counts.Commits
            ),
            MetricSource.Single(
                "handover_ledger_spooled",
                "Rows that wait in the spool.",
                MetricType.Gauge,
                () => ledger.Counts.Spooled
            ),
        ];
    }

    private static IEnumerable<MetricSource> Outbox(ApiServices api) =>
        [
            new MetricSource(
                "handover_notifications_given_up",
                "Events that a consumer never took, among those that are still kept.",
                MetricType.Gauge,
                () =>
                    api.Outbox?.GivenUp()
                        .Select(g => new MetricValue(g.N, ("service", g.Service), ("consumer", g.Consumer)))
                    ?? []
            ),
        ];

    private static MetricSource PerService(
        ApiServices api,
        string name,
        string help,
        MetricType type,
        Func<GatewayStatus[], double> value
    ) =>
        new(
            name,
            help,
            type,
            () =>
                api
                    .Catalog.Snapshot.Services.Keys.Order(StringComparer.Ordinal)
                    .Select(service =>
                        (service, All: api.Gateways.Select(g => g.Status(service)).OfType<GatewayStatus>().ToArray())
                    )
                    .Where(s => s.All.Length > 0)
                    .Select(s => new MetricValue(value(s.All), ("service", s.service)))
        );
}
