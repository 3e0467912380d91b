using Handover.Core.Foundation;
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
}
