using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

public sealed class PlanRulesTests
{
    [Fact]
    public void Every_ready_made_strategy_is_a_good_plan()
    {
        foreach (Strategy strategy in Enum.GetValues<Strategy>())
        {
            RolloutPlan plan = RolloutWalk.Parallel([.. StrategyPhases.For(strategy)]);
            Assert.Empty(PlanRules.Check(plan));
        }
    }

    [Fact]
    public void All_faults_are_told_at_once_with_their_fields()
    {
        RolloutPlan plan = RolloutWalk.Parallel(
            new Phase.Warm(5),
            new Phase.Start(TimeSpan.FromMinutes(1)),
            new Phase.Shift(Share.FromPercent(10), null, TimeSpan.Zero, 0),
            new Phase.Shift(Share.FromPercent(5), null, TimeSpan.Zero, 0)
        );
        string[] told = [.. PlanRules.Check(plan).Select(p => $"{p.Field}: {p.Message}")];
        Assert.Contains(
            told,
            t => t.StartsWith("spec.phases: the last phase must be retire", StringComparison.Ordinal)
        );
        Assert.Contains(told, t => t.Contains("nothing brings everybody over", StringComparison.Ordinal));
        Assert.Contains(told, t => t.StartsWith("spec.phases[0]: warm comes before start", StringComparison.Ordinal));
        Assert.Contains(told, t => t.StartsWith("spec.phases[0]: warm needs 20", StringComparison.Ordinal));
        Assert.Contains(told, t => t.StartsWith("spec.phases[3]: the share must grow", StringComparison.Ordinal));
    }

    [Fact]
    public void Flips_need_a_threshold_a_shadow_phase_that_asks_stable_twice_and_a_part_of_the_requests()
    {
        RolloutPlan plan = RolloutWalk.Parallel([.. StrategyPhases.For(Strategy.Flag)]);
        GatePlan gates = plan.Gates with { Metrics = [new MetricGate(MetricGate.Flips, new Ratio(1))] };
        string[] told = [.. PlanRules.Check(Of(Share.None) with { Compare = [] }).Select(p => p.Message)];
        Assert.Equal(3, told.Length);
        Assert.Contains("add a threshold to spec.compare", told[0], StringComparison.Ordinal);
        Assert.Contains("add shadow with a redraw", told[1], StringComparison.Ordinal);
        Assert.Contains("write less than 100%", told[2], StringComparison.Ordinal);
        gates = plan.Gates with { Metrics = [new MetricGate(MetricGate.Flips, new Ratio(0.005))] };
        Assert.Empty(PlanRules.Check(Of(Share.FromPercent(10))));

        RolloutPlan Of(Share redraw) =>
            plan with
            {
                Gates = gates,
                Compare = [new PathTolerance("/fraud") { Threshold = 0.8 }],
                Phases =
                [
                    plan.Phases[0],
                    new Phase.Start(TimeSpan.FromMinutes(1)),
                    new Phase.Shadow(Share.All, 100) { Redraw = redraw },
                    new Phase.Shift(Share.All, null, TimeSpan.Zero, 0),
                    new Phase.Retire(TimeSpan.FromHours(1)),
                ],
            };
    }
}
