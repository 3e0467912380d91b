using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>
/// A move that commits late, or is told twice, neither takes customers back nor settles a phase that is not its own.
/// Each of these was found by the simulation.
/// </summary>
public sealed class LateMoveTests
{
    private static readonly MoveTarget.Shares Tenth = Shares(10);

    [Fact]
    public void An_answer_that_comes_twice_does_not_settle_the_next_phase()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        long epoch = walk.State.Epoch;
        walk.Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.MoveCommitted(epoch, Tenth, TimeSpan.Zero));
        Assert.False(walk.State.PhaseSettled);
        Assert.Equal(Shares(100), walk.Effects.OfType<RolloutEffect.Move>().Single().Target);
    }

    [Fact]
    public void A_smaller_wish_takes_nobody_back_whom_an_unrecorded_move_has_moved()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        Routing inForce = Shares(40).RoutingFor(walk.State);
        Assert.Equal(Share.FromPercent(40), Tenth.RoutingFor(walk.State, inForce).Share);
        Assert.Equal(Shares(40), Tenth.Reached(inForce));
        Assert.Equal(Share.FromPercent(10), Tenth.RoutingFor(walk.State, Routing.Only("price", "v1")).Share);
        Routing othersDraw = inForce with { Salt = "another" };
        Assert.Equal(Share.FromPercent(10), Tenth.RoutingFor(walk.State, othersDraw).Share);
    }

    [Fact]
    public void A_wish_outlives_the_smaller_move_that_it_came_too_late_for()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(50), "ann"));
        walk.Do(new RolloutCommand.MoveCommitted(2, Tenth, TimeSpan.Zero));
        Assert.Equal(Share.FromPercent(10), walk.State.Share);
        Assert.Equal(Shares(50), walk.Effects.OfType<RolloutEffect.Move>().Single().Target);
        walk.Do(new RolloutCommand.MoveCommitted(3, Shares(50), TimeSpan.Zero));
        Assert.Null(walk.State.WishedShare);
    }

    [Fact]
    public void No_phase_ends_before_the_share_that_was_wished_in_it_is_in_force()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(50), "ann"));
        int phase = walk.State.PhaseIndex;
        walk.Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.Promote(true, "ann"));
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(phase, walk.State.PhaseIndex);
        Problem refused = walk.Do(new RolloutCommand.Promote(false, "ann")).Problems[0];
        Assert.Equal("the share of 50% that was asked for is not in force yet.", refused.Message);

        walk.Move();
        walk.Judge(Outcome.Promote);
        Assert.Equal(phase + 1, walk.State.PhaseIndex);
        Assert.Equal(Share.FromPercent(50), walk.State.Share);
        Assert.Equal(Shares(100), walk.Effects.OfType<RolloutEffect.Move>().Single().Target);
    }

    [Theory]
    [InlineData(SegmentOrder.Listed)]
    [InlineData(SegmentOrder.Independent)]
    public void No_segment_goes_on_before_the_share_that_was_wished_is_in_force(SegmentOrder order)
    {
        RolloutWalk walk = SegmentPlans.Walk(order: order).Prepared().Move();
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(5), "ann"));
        var safe = new Verdict(Outcome.Promote, ["safe"], []);
        int told = walk.Events.Count(e => e is RolloutEvent.PhaseCompleted);
        walk.Do(new RolloutCommand.Judged(safe) { Segment = order == SegmentOrder.Listed ? null : "internal" });
        walk.Do(new RolloutCommand.SegmentHarmed("beta", new Verdict(Outcome.RollBack, ["bad"], [])));
        walk.Move();
        walk.Do(new RolloutCommand.Tick());
        Assert.False(walk.Do(new RolloutCommand.Promote(false, "ann") { Segment = "internal" }).Ok);
        Assert.Equal(told, walk.Events.Count(e => e is RolloutEvent.PhaseCompleted));

        walk.Move();
        Assert.Equal(Share.FromPercent(5), walk.State.Share);
        Assert.True(walk.Do(new RolloutCommand.Promote(false, "ann") { Segment = "internal" }).Ok);
    }

    [Fact]
    public void A_share_of_everybody_settles_no_segments_shift()
    {
        RolloutWalk walk = SegmentPlans.Walk().Prepared();
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(30), "ann"));
        walk.Move();
        Assert.Equal(Share.FromPercent(30), walk.State.Share);
        Assert.False(walk.State.PhaseSettled);
        walk.Move();
        Assert.True(walk.State.PhaseSettled);
        Assert.Equal(Share.All, walk.State.SegmentShares["internal"]);
    }

    [Fact]
    public void A_smaller_wish_than_the_phase_wants_comes_before_it_and_not_in_its_place()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel(), Impact.High).Prepared().Move();
        walk.Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(60), "ann"));
        walk.Move();
        walk.Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Equal(new Phase.Shift(Share.All, null, TimeSpan.FromMinutes(5), 100), walk.State.Phase);
        walk.Do(new RolloutCommand.Approve("bob"));
        walk.Move();
        Assert.Equal(Share.All, walk.State.Share);
        Assert.True(walk.State.PhaseSettled);
    }

    [Fact]
    public void A_segment_that_goes_back_alone_takes_nobody_along_whom_an_unrecorded_switch_has_moved()
    {
        RolloutPlan plan = SegmentPlans.Plan() with
        {
            Phases =
            [
                new Phase.Verify(),
                new Phase.Start(TimeSpan.FromMinutes(2)),
                new Phase.Warm(100),
                new Phase.Shift(Share.All, "beta", TimeSpan.Zero, 0),
                new Phase.Switch(TimeSpan.FromMilliseconds(400), null),
                new Phase.Bake(TimeSpan.FromHours(1)),
                new Phase.Retire(TimeSpan.FromHours(24)),
            ],
        };
        RolloutWalk walk = new RolloutWalk(plan, Impact.Low, SegmentPlans.Segments).Prepared().Move();
        walk.Judge(Outcome.Promote);
        Routing switched = walk.Effects.OfType<RolloutEffect.Move>().Single().Target.RoutingFor(walk.State);
        Assert.Equal("v2", switched.Stable);

        walk.Do(new RolloutCommand.SegmentHarmed("beta", new Verdict(Outcome.RollBack, ["bad"], [])));
        MoveTarget target = walk.Effects.OfType<RolloutEffect.Move>().Single().Target;
        Routing barred = target.RoutingFor(walk.State, switched);
        Assert.Equal("v2", ReleaseOf(barred, "acme"));
        Assert.Equal("v2", ReleaseOf(barred, "initech"));
        Assert.Equal("v1", ReleaseOf(barred, "globex"));

        walk.Move(target.Reached(barred));
        Assert.False(walk.State.BarPending);
        Assert.False(walk.State.Switched);
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
    }

    private static string ReleaseOf(Routing routing, string tenant) =>
        Assignment.Assign(routing, "c-1", new Dictionary<string, string> { ["tenant"] = tenant }).Release;

    private static MoveTarget.Shares Shares(int percent) =>
        new(Share.FromPercent(percent), new Dictionary<string, Share>());

    [Fact]
    public void A_step_of_one_stack_that_is_told_to_a_rollout_with_two_is_nothing_to_do()
    {
        RolloutCommand[] late =
        [
            new RolloutCommand.StackStopped("v1"),
            new RolloutCommand.StableMeasured(4),
            new RolloutCommand.ClosingRefused(["no window"]),
        ];
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        Assert.All(late, command => Assert.Empty(walk.Do(command).Value));
        walk.Do(new RolloutCommand.Rollback("sick", "ann"));
        Assert.All(late, command => Assert.Empty(walk.Do(command).Value));
        walk.Do(new RolloutCommand.MoveCommitted(9, new MoveTarget.Back(), TimeSpan.Zero));
        Assert.False(walk.State.Open);
        Assert.All(late, command => Assert.Empty(walk.Do(command).Value));
    }
}
