using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;

namespace Handover.Tests.Rollouts;

/// <summary>A plan whose segments go at their own pace: internal, then beta twice, then everybody twice.</summary>
internal static class SegmentPlans
{
    public static readonly Segment[] Segments =
    [
        new("internal", Rule("""{"==":[{"var":"tenant"},"acme"]}""")),
        new("beta", Rule("""{"==":[{"var":"tenant"},"globex"]}""")),
    ];

    public static RolloutPlan Plan(WhenHarmed beta = WhenHarmed.Segment) =>
        RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Start(TimeSpan.FromMinutes(2)),
            new Phase.Warm(100),
            Shift(100, "internal"),
            Shift(20, "beta"),
            Shift(60, "beta"),
            Shift(10, null),
            Shift(100, null),
            new Phase.Bake(TimeSpan.FromHours(1)),
            new Phase.Retire(TimeSpan.FromHours(24))
        ) with
        {
            Paces = [new Pace("internal") { WhenHarmed = WhenHarmed.Hold }, new Pace("beta") { WhenHarmed = beta }],
        };

    public static RolloutWalk Walk(WhenHarmed beta = WhenHarmed.Segment, SegmentOrder order = SegmentOrder.Listed) =>
        new(Plan(beta) with { SegmentOrder = order }, Impact.Low, Segments);

    private static Phase.Shift Shift(int percent, string? segment) =>
        new(Share.FromPercent(percent), segment, TimeSpan.FromMinutes(1), 0);

    private static Rule Rule(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return RuleCodec.Parse(document.RootElement).Value;
    }
}
