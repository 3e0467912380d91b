using System.Globalization;
using Handover.Control.Evidence;
using Handover.Core.Evidence;
using Handover.Core.Rollouts;
using Handover.Ports;
using Handover.Protocol;

namespace Handover.Control.Api;

/// <summary>What became of a rollout's copies, on the wire: how many, at which share, how much is noise.</summary>
internal static class ShadowViews
{
    private const int MostPaths = 50;

    /// <summary>The copies of a rollout; null when its plan makes none.</summary>
    public static ShadowView? Of(ApiServices api, RolloutState state)
    {
        if (!state.Plan.Phases.Any(p => p is Phase.Shadow))
        {
            return null;
        }

        NoiseView? noise = Of(api.Evidence.Noise(state));
        ShadowReading reading = api.Evidence.Shadow(state);
        (CopyTally copies, CopyTally redraws) = (reading.Copies.AllCopies, reading.Copies.AllRedraws);
        GatewayStatus[] gateways = state.Open
            ? [.. api.Gateways.Select(g => g.Status(state.Plan.Service)).OfType<GatewayStatus>()]
            : [];
        MirrorShare[] shares =
        [
            .. gateways.Select(g => g.MirrorShare).OfType<MirrorShare>().Where(m => m.Release == state.Plan.To),
        ];
        MirrorShare? lowest = shares.MinBy(m => m.Now);
        return new ShadowView
        {
            WantedPercent = lowest is null ? null : RolloutViews.Percent(lowest.Wanted),
            Percent = lowest is null ? null : RolloutViews.Percent(lowest.Now),
            Copies = copies.Made,
            Failed = copies.Failed,
            TimedOut = copies.TimedOut,
            Dropped = copies.Dropped,
            Withheld = copies.Withheld,
            Spared = copies.Spared,
            Cost = Cost(copies),
            Redraws = redraws.Made,
            RedrawsDropped = redraws.Dropped,
            RedrawCost = Cost(redraws),
            Noise = noise,
            Latency = Of(reading.Speed),
            Failures =
            [
                .. reading
                    .Failures.OrderByDescending(f => f.Value)
                    .ThenBy(f => f.Key, StringComparer.Ordinal)
                    .Select(f => new FailureView(f.Key, f.Value)),
            ],
            Text = Text(lowest, copies, noise),
        };
    }

    /// <summary>What asking stable twice tells; null when nothing was asked twice.</summary>
    public static NoiseView? Of(NoiseReading? reading) =>
        reading is null
            ? null
            : new NoiseView(
                reading.Triples,
                reading.Differing.Count,
                [
                    .. reading
                        .Paths.Where(p => p.Raw > 0 || p.Noise > 0)
                        .OrderByDescending(p => reading.Differing.Contains(p.Name))
                        .ThenByDescending(p => p.LogEvidence)
                        .ThenBy(p => p.Name, StringComparer.Ordinal)
                        .Take(MostPaths)
                        .Select(p => Of(p, reading.Differing.Contains(p.Name))),
                ]
            );

    private static PairedLatencyView? Of(PairSpeed speed) =>
        speed.Pairs == 0
            ? null
            : new PairedLatencyView(
                speed.Pairs,
                Of(speed.StableFirst, speed.StableWhole),
                Of(speed.CandidateFirst, speed.CandidateWhole)
            );

    private static AnswerSpeedView Of(LatencySketch first, LatencySketch whole) =>
        new(first.Quantile(0.5), first.Quantile(0.99), whole.Quantile(0.5), whole.Quantile(0.99));

    private static NoisyPathView Of(NoisyPath path, bool beyond) =>
        new(path.Name, path.Triples, path.Raw * 100, path.Noise * 100, path.LogEvidence, beyond);

    private static CopyCostView Cost(CopyTally tally) => new(tally.BytesSent, tally.BytesRead, tally.Time.TotalSeconds);

    private static string Text(MirrorShare? share, CopyTally copies, NoiseView? noise)
    {
        long missed = copies.Withheld + copies.Dropped;
        string copied = share switch
        {
            null => "nothing is copied now",
            _ when share.Now.Parts < share.Wanted.Parts => string.Create(
                CultureInfo.InvariantCulture,
                $"{share.Release} cannot keep up ({share.Why}): {share.Now} of requests are copied, not {share.Wanted}"
            ),
            _ => $"{share.Now} of requests are copied to {share.Release}",
        };
        string made =
            copies.Made > 0
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"; {copies.Made} copies so far, {copies.Failed} failed, {copies.TimedOut} not answered in time"
                )
                : "";
        string left = missed > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {missed} copies were not made") : "";
        string told = noise is null
            ? "; stable was not asked twice yet, so noise is not told from difference"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"; {noise.Differing} paths differ by more than noise, by {noise.Triples} requests asked twice"
            );
        return copied + made + left + told;
    }
}
