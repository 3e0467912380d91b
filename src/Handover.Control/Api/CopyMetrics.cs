using Handover.Ports;

namespace Handover.Control.Api;

/// <summary>
/// Copies of live requests, for <c>/metrics</c>: how many, which were not made and why, and what they took of those who
/// answer them. Apart from what counts live requests, so that no budget takes one for the other.
/// </summary>
internal static class CopyMetrics
{
    private const string Copy = "copy";
    private const string Redraw = "redraw";

    /// <summary>The sources of one scrape.</summary>
    /// <param name="statuses">What the gateways say of each service.</param>
    public static IEnumerable<MetricSource> Of(IReadOnlyList<(string Service, GatewayStatus[] All)> statuses)
    {
        Sums[] sums =
        [
            .. statuses.Select(s => new Sums(
                s.Service,
                s.All.Aggregate(new CopyTally(), (sum, g) => sum + g.Copies),
                s.All.Aggregate(new CopyTally(), (sum, g) => sum + g.Redraws)
            )),
        ];
        return [.. Made(sums), .. NotMade(sums), .. Cost(sums), .. Shares(statuses)];
    }

    private static MetricSource[] Made(Sums[] sums) =>
        [
            Copies(sums, "mirrored", "Copies of requests that the candidate was asked.", t => t.Made),
            Copies(sums, "mirrors_failed", "Copies that got no good answer.", t => t.Failed),
            Copies(
                sums,
                "mirrors_timed_out",
                "Copies whose answer did not come, or went silent, in time.",
                t => t.TimedOut
            ),
            Redraws(sums, "redraws", "Requests that stable was asked a second time.", t => t.Made),
        ];

    private static MetricSource[] NotMade(Sums[] sums) =>
        [
            Copies(
                sums,
                "mirrors_dropped",
                "Copies that were not made: too many were under way, or the body was too large.",
                t => t.Dropped
            ),
            Copies(
                sums,
                "mirrors_withheld",
                "Copies that were not made because the share had lowered itself.",
                t => t.Withheld
            ),
            Copies(
                sums,
                "mirrors_spared",
                "Copies that were not made because the request was turned away as the caller's mistake.",
                t => t.Spared
            ),
            Redraws(
                sums,
                "redraws_dropped",
                "Second questions to stable that were not asked: too many were under way.",
                t => t.Dropped
            ),
            Redraws(
                sums,
                "redraws_withheld",
                "Second questions to stable that were not asked because the share had lowered itself.",
                t => t.Withheld
            ),
        ];

    private static MetricSource[] Cost(Sums[] sums) =>
        [
            new(
                "handover_copy_bytes_total",
                "Bytes of bodies that were sent for copies and read of their answers.",
                MetricType.Counter,
                () => sums.SelectMany(s => Bytes(s.Service, Copy, s.Copies).Concat(Bytes(s.Service, Redraw, s.Redraws)))
            ),
            new(
                "handover_copy_seconds_total",
                "Time that members took to answer copies, added up.",
                MetricType.Counter,
                () => sums.SelectMany(s => Seconds(s.Service, s.Copies, s.Redraws))
            ),
        ];

    private static MetricSource[] Shares(IReadOnlyList<(string Service, GatewayStatus[] All)> statuses) =>
        [
            Share(
                statuses,
                "handover_mirror_share",
                "Part of requests that is copied now; the lowest of the gateways, 0 when nothing is.",
                all => all.Min(s => s.MirrorShare?.Now.Ratio.Value ?? 0)
            ),
            Share(
                statuses,
                "handover_mirror_share_wanted",
                "Part of requests that the rollout wants copied.",
                all => all.Max(s => s.MirrorShare?.Wanted.Ratio.Value ?? 0)
            ),
        ];

    private static MetricSource Copies(Sums[] sums, string name, string help, Func<CopyTally, long> value) =>
        Counter(name, help, () => sums.Select(s => (s.Service, value(s.Copies))));

    private static MetricSource Redraws(Sums[] sums, string name, string help, Func<CopyTally, long> value) =>
        Counter(name, help, () => sums.Select(s => (s.Service, value(s.Redraws))));

    private static MetricSource Counter(string name, string help, Func<IEnumerable<(string Service, long N)>> read) =>
        new(
            $"handover_{name}_total",
            help,
            MetricType.Counter,
            () => read().Select(s => new MetricValue(s.N, ("service", s.Service)))
        );

    private static MetricSource Share(
        IReadOnlyList<(string Service, GatewayStatus[] All)> statuses,
        string name,
        string help,
        Func<GatewayStatus[], double> value
    ) =>
        new(
            name,
            help,
            MetricType.Gauge,
            () => statuses.Select(s => new MetricValue(value(s.All), ("service", s.Service)))
        );

    private static MetricValue[] Bytes(string service, string kind, CopyTally tally) =>
        [
            new(tally.BytesSent, ("service", service), ("kind", kind), ("direction", "sent")),
            new(tally.BytesRead, ("service", service), ("kind", kind), ("direction", "read")),
        ];

    private static MetricValue[] Seconds(string service, CopyTally copies, CopyTally redraws) =>
        [
            new(copies.Time.TotalSeconds, ("service", service), ("kind", Copy)),
            new(redraws.Time.TotalSeconds, ("service", service), ("kind", Redraw)),
        ];

    private readonly record struct Sums(string Service, CopyTally Copies, CopyTally Redraws);
}
