using Handover.Control.Ledger;
using Handover.Control.Security;
using Handover.Core.Rollouts;
using Handover.Ports;

namespace Handover.Control.Api;

/// <summary>
/// What the rooms of a node counted, for <c>/metrics</c>: whatever is dropped, refused or left out anywhere can be seen
/// here, and alerted on.
/// </summary>
internal static class NodeMetrics
{
    /// <summary>The sources of one scrape; gateways are asked once for all of theirs.</summary>
    public static IEnumerable<MetricSource> Of(ApiServices api, AdminGuard guard, AuthFailureLimit failures)
    {
        IReadOnlyList<(string Service, GatewayStatus[] All)> statuses = Statuses(api);
        return
        [
            .. Gateways(statuses),
            .. CopyMetrics.Of(statuses),
            .. Ledger(api),
            .. Outbox(api),
            .. api.Metrics,
            .. Node(api),
            .. Door(guard, failures),
        ];
    }

    private static IEnumerable<MetricSource> Node(ApiServices api) =>
        [
            new MetricSource(
                "handover_build_info",
                "The program's version.",
                MetricType.Gauge,
                () => [new MetricValue(1, ("version", api.Version))]
            ),
            new MetricSource(
                "handover_rollouts",
                "Rollouts by state.",
                MetricType.Gauge,
                () =>
                    api
                        .Rollouts.States(null)
                        .GroupBy(s => s.Status)
                        .Select(g => new MetricValue(g.Count(), ("state", RolloutViews.Wire(g.Key))))
            ),
            new MetricSource(
                "handover_segments_waiting",
                "Segments that move independently and wait, by for what: a window, or a person.",
                MetricType.Gauge,
                () => Waiting(api)
            ),
            new MetricSource(
                "handover_flag_off",
                "1 while the service's kill switch is in force.",
                MetricType.Gauge,
                () => api.Catalog.Snapshot.Services.Keys.Select(s => FlagRoutes.Gauge(api, s))
            ),
            new MetricSource(
                "handover_flag_answers_total",
                "Answers of the organisation's flag, by what they came to.",
                MetricType.Counter,
                () => api.Catalog.Snapshot.Services.Keys.SelectMany(s => FlagRoutes.Counts(api, s))
            ),
            MetricSource.Single(
                "handover_journal_dropped_total",
                "Exchanges that the journal dropped.",
                MetricType.Counter,
                () => api.Journal.Dropped
            ),
            MetricSource.Single(
                "handover_audit_entries",
                "Entries of the audit log.",
                MetricType.Gauge,
                () => api.Audit.Head.Seq
            ),
        ];

    private static IEnumerable<MetricValue> Waiting(ApiServices api)
    {
        Track[] waiting = [.. api.Rollouts.States(null).Where(s => s.Open).SelectMany(s => s.OpenTracks)];
        yield return new MetricValue(waiting.Count(t => t.NeedsPerson), ("for", "person"));
        yield return new MetricValue(
            waiting.Count(t => t is { Waits: not null, NeedsPerson: false }),
            ("for", "window")
        );
    }

    private static IEnumerable<MetricSource> Door(AdminGuard guard, AuthFailureLimit failures) =>
        [
            MetricSource.Single(
                "handover_admin_auth_failures_total",
                "Wrong tokens shown to the admin API.",
                MetricType.Counter,
                () => failures.Total
            ),
            MetricSource.Single(
                "handover_admin_refused_total",
                "Requests turned away at the door of the admin API.",
                MetricType.Counter,
                () => guard.Refused
            ),
        ];

    private static IReadOnlyList<(string Service, GatewayStatus[] All)> Statuses(ApiServices api) =>
        [
            .. api
                .Catalog.Snapshot.Services.Keys.Order(StringComparer.Ordinal)
                .Select(service =>
                    (service, All: api.Gateways.Select(g => g.Status(service)).OfType<GatewayStatus>().ToArray())
                )
                .Where(s => s.All.Length > 0),
        ];

    private static IEnumerable<MetricSource> Gateways(IReadOnlyList<(string Service, GatewayStatus[] All)> statuses) =>
        [
            PerService(
                statuses,
                "handover_epoch",
                "Epoch of the routing in force; the lowest of the gateways.",
                MetricType.Gauge,
                all => all.Min(s => s.Epoch)
            ),
            PerService(statuses, "handover_held", "Requests held now.", MetricType.Gauge, all => all.Sum(s => s.Held)),
            PerService(
                statuses,
                "handover_pins_stripped_total",
                "Incoming pins that were unsigned, wrong or out of date and were taken off.",
                MetricType.Counter,
                all => all.Sum(s => s.PinsStripped)
            ),
            PerService(
                statuses,
                "handover_tokens_refused_total",
                "Callers' tokens that could not be believed; their requests have no claims.",
                MetricType.Counter,
                all => all.Sum(s => s.TokensRefused)
            ),
            PerService(
                statuses,
                "handover_adapter_failures_total",
                "Answers that their release's output adapter could not rewrite; callers got 502.",
                MetricType.Counter,
                all => all.Sum(s => s.AdaptersFailed)
            ),
            PerService(
                statuses,
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
        IReadOnlyList<(string Service, GatewayStatus[] All)> statuses,
        string name,
        string help,
        MetricType type,
        Func<GatewayStatus[], double> value
    ) => new(name, help, type, () => statuses.Select(s => new MetricValue(value(s.All), ("service", s.Service))));
}
