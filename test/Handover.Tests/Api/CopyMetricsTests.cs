using Handover.Control.Api;
using Handover.Core.Foundation;
using Handover.Ports;
using Xunit;

namespace Handover.Tests.Api;

/// <summary>What <c>/metrics</c> tells of copies: over all gateways, candidates' and stable's apart.</summary>
public sealed class CopyMetricsTests
{
    private static readonly CopyTally Primes = new()
    {
        Made = 2,
        Failed = 3,
        TimedOut = 5,
        Dropped = 7,
        Withheld = 11,
        Spared = 13,
        BytesSent = 17,
        BytesRead = 19,
        Time = TimeSpan.FromSeconds(23),
    };

    [Fact]
    public void Gateways_are_added_up_and_second_questions_stand_apart()
    {
        GatewayStatus one = Status(
            Primes,
            new CopyTally
            {
                Made = 100,
                Dropped = 200,
                Withheld = 300,
            }
        );
        Dictionary<string, double> told = Read([("price", [one, one])]);
        Assert.Equal(4, told["handover_mirrored_total price"]);
        Assert.Equal(6, told["handover_mirrors_failed_total price"]);
        Assert.Equal(10, told["handover_mirrors_timed_out_total price"]);
        Assert.Equal(14, told["handover_mirrors_dropped_total price"]);
        Assert.Equal(22, told["handover_mirrors_withheld_total price"]);
        Assert.Equal(26, told["handover_mirrors_spared_total price"]);
        Assert.Equal(34, told["handover_copy_bytes_total price copy sent"]);
        Assert.Equal(38, told["handover_copy_bytes_total price copy read"]);
        Assert.Equal(46, told["handover_copy_seconds_total price copy"]);
        Assert.Equal(200, told["handover_redraws_total price"]);
        Assert.Equal(400, told["handover_redraws_dropped_total price"]);
        Assert.Equal(600, told["handover_redraws_withheld_total price"]);
        Assert.Equal(0, told["handover_copy_bytes_total price redraw sent"]);
    }

    [Fact]
    public void The_share_is_that_of_the_gateway_that_copies_least()
    {
        GatewayStatus whole = Status(new CopyTally(), new CopyTally()) with
        {
            MirrorShare = new MirrorShare("v2", Share.FromPercent(40), Share.FromPercent(40)),
        };
        GatewayStatus lowered = whole with
        {
            MirrorShare = new MirrorShare("v2", Share.FromPercent(40), Share.FromPercent(5)),
        };
        Dictionary<string, double> told = Read([("price", [whole, lowered]), ("idle", [Status(Primes, Primes)])]);
        Assert.Equal(0.05, told["handover_mirror_share price"], 9);
        Assert.Equal(0.4, told["handover_mirror_share_wanted price"], 9);
        Assert.Equal(0, told["handover_mirror_share idle"]);
        Assert.Equal(2, told["handover_mirrored_total idle"]);
        Assert.Equal(0, told["handover_mirrored_total price"]);
    }

    private static GatewayStatus Status(CopyTally copies, CopyTally redraws) =>
        new("any", 1, false, 0, new Dictionary<string, int>(), new Dictionary<string, int>())
        {
            Copies = copies,
            Redraws = redraws,
        };

    private static Dictionary<string, double> Read((string Service, GatewayStatus[] All)[] statuses) =>
        CopyMetrics
            .Of(statuses)
            .SelectMany(m => m.Read().Select(v => (m.Name, Value: v)))
            .ToDictionary(
                m => string.Join(' ', m.Value.Labels.Select(l => l.Value).Prepend(m.Name)),
                m => m.Value.Value,
                StringComparer.Ordinal
            );
}
