using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>The switch where two releases don't fit: break before make, and never closed for ever.</summary>
public sealed class SingleStackTests
{
    private static readonly TimeSpan Allowed = TimeSpan.FromSeconds(30);

    [Fact]
    public void The_old_release_stops_before_the_new_one_starts_and_the_service_opens_on_it()
    {
        RolloutWalk walk = Begin();
        Assert.Equal([Keep("v1"), new RolloutEffect.MeasureStable("v1", 100)], walk.Effects);
        walk.Do(new RolloutCommand.StableMeasured(4));
        Assert.Equal(new MoveTarget.Closed("v1"), Move(walk).Target);
        Routing closed = Move(walk).Target.RoutingFor(walk.State);
        Assert.True(closed.Closed);
        walk.Move();
        Assert.Equal([new RolloutEffect.StopStack("v1", "v1")], walk.Effects);
        walk.Do(new RolloutCommand.StackStopped("v1"));
        Assert.Equal([Keep("v2"), new RolloutEffect.AwaitStack("v2", TimeSpan.FromSeconds(20))], walk.Effects);
        walk.Do(new RolloutCommand.StackReady([]) { Release = "v2" });
        Assert.Equal([Keep("v2"), new RolloutEffect.Warm("v2", 100) { StableP95Ms = 4 }], walk.Effects);
        walk.Do(new RolloutCommand.Warmed([], "converged"));
        Assert.Equal(new MoveTarget.Candidate(AtOnce: true), Move(walk).Target);
        walk.After(TimeSpan.FromSeconds(3)).Move();
        Assert.Null(walk.State.Closed);
        Assert.Equal(Share.All, walk.State.Share);
        var measure = Assert.IsType<RolloutEffect.MeasureInterruption>(walk.Effects[0]);
        Assert.Equal(TimeSpan.FromSeconds(3), measure.OpenedAt - measure.ClosedAt);
        walk.Do(
            new RolloutCommand.InterruptionMeasured(
                new SeenInterruption(TimeSpan.FromMilliseconds(2987), 40, 2, Allowed)
            )
        );
        Assert.DoesNotContain(walk.Effects, e => e is RolloutEffect.MeasureInterruption);
        Assert.Contains("2987 ms", walk.Events[^1].Text, StringComparison.Ordinal);
        walk.Judge(Outcome.Promote).Judge(Outcome.Promote);
        walk.Move();
        Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
        Assert.DoesNotContain(Keep("v1"), walk.Effects);
    }

    [Theory]
    [InlineData("does not start")]
    [InlineData("does not serve what it declares")]
    [InlineData("does not warm")]
    [InlineData("takes too long")]
    public void A_candidate_that_cannot_take_over_gives_way_to_stable(string how)
    {
        RolloutWalk walk = Stopped();
        switch (how)
        {
            case "does not start":
                walk.Do(new RolloutCommand.StackFailed("no such file") { Release = "v2" });
                break;
            case "does not serve what it declares":
                walk.Do(new RolloutCommand.StackReady(["price is FP64"]) { Release = "v2" });
                break;
            case "does not warm":
                walk.Do(new RolloutCommand.StackReady([]) { Release = "v2" });
                walk.Do(new RolloutCommand.Warmed(["p95 is 80 ms"], ""));
                break;
            default:
                walk.After(Allowed + TimeSpan.FromSeconds(1)).Do(new RolloutCommand.Tick());
                break;
        }

        Assert.NotNull(walk.State.RollbackReason);
        Assert.Equal([new RolloutEffect.StopStack("v2", "v1")], walk.Effects);
        walk.Do(new RolloutCommand.StackStopped("v2"));
        Assert.Equal([Keep("v1"), new RolloutEffect.AwaitStack("v1", SingleStack.BackTimeout)], walk.Effects);
        walk.Do(new RolloutCommand.StackReady(["whatever it says"]) { Release = "v1" });
        Assert.Equal(new MoveTarget.Back(), Move(walk).Target);
        walk.Move();
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
        Assert.Null(walk.State.Closed);
        Assert.Single(walk.Effects, e => e is RolloutEffect.MeasureInterruption);
    }

    [Fact]
    public void A_rollback_before_anything_stopped_opens_at_once()
    {
        RolloutWalk walk = Begin();
        walk.Do(new RolloutCommand.StableMeasured(4));
        walk.Move();
        walk.Do(new RolloutCommand.Rollback("no", "bob"));
        Assert.Equal(Keep("v1"), walk.Effects[0]);
        Assert.Equal(new MoveTarget.Back(), Move(walk).Target);
    }

    [Fact]
    public void A_candidate_that_serves_and_is_sick_makes_room_before_stable_starts()
    {
        RolloutWalk walk = Stopped();
        walk.Do(new RolloutCommand.StackReady([]) { Release = "v2" });
        walk.Do(new RolloutCommand.Warmed([], "converged"));
        walk.Move().Judge(Outcome.RollBack, "errors");
        Assert.Contains(Keep("v2"), walk.Effects);
        Assert.Equal(new MoveTarget.Closed("v2"), Move(walk).Target);
        walk.Move();
        Assert.Contains(new RolloutEffect.StopStack("v2", "v2"), walk.Effects);
        walk.Do(new RolloutCommand.StackStopped("v2"));
        walk.Do(new RolloutCommand.StackReady([]) { Release = "v1" });
        walk.Move();
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
    }

    [Fact]
    public void Stable_that_does_not_start_again_is_told_to_a_person_and_tried_again()
    {
        RolloutWalk walk = Stopped();
        walk.Do(new RolloutCommand.StackFailed("no such file") { Release = "v2" });
        walk.Do(new RolloutCommand.StackStopped("v2"));
        RolloutEffect first = walk.Effects[^1];
        walk.Do(new RolloutCommand.StackFailed("disk") { Release = "v1" });
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Equal(["v1 does not start: disk"], walk.State.Reasons);
        var again = Assert.IsType<RolloutEffect.AwaitStack>(walk.Effects[^1]);
        Assert.Equal("v1", again.Release);
        Assert.NotEqual(first, again);
    }

    [Fact]
    public void A_closed_service_cannot_be_paused_and_a_refused_closing_ends_the_rollout()
    {
        RolloutWalk walk = Stopped();
        Assert.False(walk.Do(new RolloutCommand.Pause("bob")).Ok);
        RolloutWalk outside = Begin();
        outside.Do(new RolloutCommand.StableMeasured(4));
        outside.Do(new RolloutCommand.ClosingRefused(["no maintenance window is open"]));
        Assert.Equal(RolloutStatus.Refused, outside.State.Status);
        Assert.Empty(outside.Effects);
    }

    [Fact]
    public void High_impact_is_approved_before_the_service_is_closed()
    {
        var walk = new RolloutWalk(Plan(), Impact.High);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Equal([Keep("v1")], walk.Effects);
    }

    [Fact]
    public void Phases_that_need_both_releases_are_refused_in_the_plan()
    {
        RolloutPlan plan = RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Start(TimeSpan.FromMinutes(1)),
            new Phase.Warm(100),
            Plan().Phases[1],
            new Phase.Retire(TimeSpan.FromHours(1))
        );
        Assert.Equal(["spec.phases[1]", "spec.phases[2]"], PlanRules.Check(plan).Select(p => p.Field));
        Assert.Empty(PlanRules.Check(Plan()));
        var times = new PhaseTimes { Stack = StackUse.Single };
        Assert.Empty(PlanRules.Check(RolloutWalk.Parallel([.. StrategyPhases.For(Strategy.Cutover, times, [])])));
    }

    internal static RolloutPlan Plan() =>
        RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Switch(TimeSpan.FromMilliseconds(400), Drain: null)
            {
                Stack = StackUse.Single,
                StartTimeout = TimeSpan.FromSeconds(20),
                WarmRequests = 100,
            },
            new Phase.Bake(TimeSpan.FromHours(1)),
            new Phase.Retire(TimeSpan.FromHours(24))
        );

    private static RolloutWalk Begin()
    {
        var walk = new RolloutWalk(Plan()) { Downtime = Allowed };
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        return walk;
    }

    private static RolloutWalk Stopped()
    {
        RolloutWalk walk = Begin();
        walk.Do(new RolloutCommand.StableMeasured(4));
        walk.Move().Do(new RolloutCommand.StackStopped("v1"));
        return walk;
    }

    private static RolloutEffect.KeepStack Keep(string release) => new(release);

    private static RolloutEffect.Move Move(RolloutWalk walk) => walk.Effects.OfType<RolloutEffect.Move>().Single();
}
