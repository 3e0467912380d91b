using Handover.Control.Engine;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Rollouts;
using Handover.Tests.Rollouts;
using Xunit;

namespace Handover.Tests.Engine;

public sealed class ServiceRollbackTests
{
    private static readonly DateTimeOffset Now = RolloutWalk.Start + TimeSpan.FromHours(1);

    [Fact]
    public void The_newest_rollout_that_succeeded_is_undone()
    {
        RolloutState first = Ended("v1", "v2", RolloutStatus.Succeeded, TimeSpan.FromMinutes(50));
        RolloutState second = Ended("v2", "v3", RolloutStatus.Succeeded, TimeSpan.FromMinutes(20));
        RolloutState other = Ended("a", "b", RolloutStatus.Succeeded, TimeSpan.Zero, service: "other");
        Result<RolloutState> last = ServiceRollback.Undoes("price", [first, second, other], Now);
        Assert.Same(second, last.Value);
        RolloutPlan plan = ServiceRollback.PlanOf(last.Value);
        Assert.Equal("v2", plan.To);
        Assert.True(ServiceRollback.Is(plan));
        Assert.False(ServiceRollback.Is(second.Plan));
    }

    [Fact]
    public void A_second_press_never_brings_the_sick_release_back()
    {
        RolloutState first = Ended("v1", "v2", RolloutStatus.Succeeded, TimeSpan.FromMinutes(50));
        RolloutState undo = first with
        {
            Id = "price-v2-undo.1",
            Plan = ServiceRollback.PlanOf(first),
            From = "v2",
            EndedAt = Now - TimeSpan.FromDays(3),
        };
        first = first with { EndedAt = Now - TimeSpan.FromDays(4) };
        Result<RolloutState> again = ServiceRollback.Undoes("price", [first, undo], Now);
        Assert.Equal("conflict", again.Problems[0].Code);
        Assert.Contains("was taken back to v1 already, by price-v2-undo.1", again.Problems[0].Message, Ordinal);
    }

    [Fact]
    public void A_second_press_after_an_open_rollout_was_taken_back_does_not_undo_the_one_before()
    {
        RolloutState before = Ended("v1", "v2", RolloutStatus.Succeeded, TimeSpan.FromMinutes(50));
        RolloutState taken = Ended("v2", "v3", RolloutStatus.RolledBack, TimeSpan.FromMinutes(1));
        Result<RolloutState> again = ServiceRollback.Undoes("price", [before, taken], Now);
        Assert.Equal("conflict", again.Problems[0].Code);
        Assert.Contains("was taken back to v2 already", again.Problems[0].Message, Ordinal);
        Assert.Same(before, ServiceRollback.Undoes("price", [before, taken], Now + TimeSpan.FromMinutes(15)).Value);
    }

    [Fact]
    public void An_undo_that_was_itself_aborted_may_be_asked_for_again()
    {
        RolloutState first = Ended("v1", "v2", RolloutStatus.Succeeded, TimeSpan.FromMinutes(50));
        RolloutState aborted = Ended("v2", "v1", RolloutStatus.RolledBack, TimeSpan.FromMinutes(1)) with
        {
            Plan = ServiceRollback.PlanOf(first),
        };
        Assert.Same(first, ServiceRollback.Undoes("price", [first, aborted], Now).Value);
    }

    [Fact]
    public void A_rollout_forwards_may_be_named_like_an_undo()
    {
        RolloutState first = Ended("v1", "v2", RolloutStatus.Succeeded, TimeSpan.FromMinutes(50));
        first = first with { Plan = first.Plan with { Name = "back-undo", Strategy = Strategy.Cutover } };
        Assert.Same(first, ServiceRollback.Undoes("price", [first], Now).Value);
    }

    [Fact]
    public void Without_any_rollout_there_is_nothing_to_take_back() =>
        Assert.Equal("nothing-to-roll-back", ServiceRollback.Undoes("price", [], Now).Problems[0].Code);

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static RolloutState Ended(
        string from,
        string to,
        RolloutStatus status,
        TimeSpan ago,
        string service = "price"
    )
    {
        RolloutPlan plan = RolloutWalk.Parallel() with { Name = $"{service}-{to}", Service = service, To = to };
        return new RolloutWalk(plan, Impact.Low).State with { From = from, Status = status, EndedAt = Now - ago };
    }
}
