using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>Segments that go at their own speeds, and one that goes back without the others.</summary>
public sealed class SegmentTests
{
    private static readonly Verdict Harm = new(Outcome.RollBack, ["errors are worse"], []);

    [Fact]
    public void A_harmed_segment_goes_back_alone_and_the_others_go_on_to_the_end_that_a_person_decides()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Segment);
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        RolloutEffect.Move back = Assert.Single(walk.Effects.OfType<RolloutEffect.Move>());
        Assert.Equal(DrainMode.Dispatch, back.Drain);
        Routing routing = back.Target.RoutingFor(walk.State);
        Assert.Equal("v1", Who(routing, "globex"));
        Assert.Equal("v2", Who(routing, "acme"));

        walk.Move();
        Assert.False(walk.State.BarPending);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(6, walk.State.PhaseIndex);
        walk.Move().Judge(Outcome.Promote).Move();
        routing = MoveTarget.Shares.Of(walk.State, walk.State.Share).RoutingFor(walk.State);
        Assert.Equal("v1", Who(routing, "globex"));
        Assert.Equal("v2", Who(routing, "initech"));

        walk.Judge(Outcome.Promote).Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.Tick());
        Assert.IsType<Phase.Retire>(walk.State.Phase);
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Contains("beta went back to v1 alone", walk.State.Reasons[0], StringComparison.Ordinal);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());

        Assert.False(walk.Do(new RolloutCommand.Readmit("internal", "bob")).Ok);
        Assert.True(walk.Do(new RolloutCommand.Readmit("beta", "bob")).Ok);
        walk.Move().Move();
        Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
    }

    [Fact]
    public void A_plan_may_hold_the_others_until_a_person_says()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Hold);
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        walk.Move().Judge(Outcome.Promote);
        Assert.Equal((RolloutStatus.Holding, 4), (walk.State.Status, walk.State.PhaseIndex));
        walk.Do(new RolloutCommand.Retry("bob"));
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal((RolloutStatus.Running, 5), (walk.State.Status, walk.State.PhaseIndex));
    }

    [Fact]
    public void A_segment_that_cannot_go_back_yet_is_tried_again_until_it_has_and_nobody_needs_to_ask()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Segment);
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        for (int failures = 0; failures < 5; failures++)
        {
            RolloutEffect.Move back = walk.Effects.OfType<RolloutEffect.Move>().Single();
            Assert.Equal(failures, back.Attempt);
            walk.Do(new RolloutCommand.MoveFailed(back.Target, "gw-2 is silent"));
            Assert.Equal(RolloutStatus.Running, walk.State.Status);
            Assert.Equal(
                "beta could not go back to v1 yet (gw-2 is silent); it is tried again by itself, and v1 takes everybody "
                    + "by: rollback",
                walk.State.Reasons.Single()
            );
        }

        walk.Move();
        Assert.Equal(["beta"], walk.State.BarredInForce);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal((RolloutStatus.Running, 6), (walk.State.Status, walk.State.PhaseIndex));
    }

    [Fact]
    public void A_pause_does_not_keep_a_harmed_segment_on_the_candidate()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Segment);
        walk.Do(new RolloutCommand.Pause("bob"));
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        walk.Move();
        Assert.Equal(["beta"], walk.State.BarredInForce);
        Assert.Equal(RolloutStatus.Paused, walk.State.Status);
    }

    [Fact]
    public void Taking_a_segment_back_does_not_pass_for_the_move_of_the_phase()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Segment).Judge(Outcome.Promote);
        Assert.False(walk.State.PhaseSettled);
        walk.Do(new RolloutCommand.SegmentHarmed("internal", Harm));
        walk.Move();
        Assert.False(walk.State.PhaseSettled);
        Assert.Equal(Share.FromPercent(20), walk.State.SegmentShares["beta"]);
    }

    [Fact]
    public void Harm_counts_once_and_never_for_a_segment_without_a_pace_or_one_that_a_person_brought_in_again()
    {
        RolloutWalk walk = AtBeta(WhenHarmed.Rollout);
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        Assert.Empty(walk.State.TakenBack);

        walk = AtBeta(WhenHarmed.Segment);
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        Assert.Single(walk.Events.OfType<RolloutEvent.SegmentTakenBack>());
        walk.Move();
        walk.Do(new RolloutCommand.Readmit("beta", "bob"));
        walk.Move();
        walk.Do(new RolloutCommand.SegmentHarmed("beta", Harm));
        Assert.Empty(walk.State.TakenBack);
    }

    [Fact]
    public void A_closed_window_is_waited_for_beyond_the_deadline_and_takes_nobody_back()
    {
        RolloutPlan plan = SegmentPlans.Plan() with
        {
            WhenInconclusive = Inconclusive.Rollback,
            WhenDisagreed = WhenDisagreed.Rollback,
        };
        RolloutWalk walk = new RolloutWalk(plan, segments: SegmentPlans.Segments).Prepared();
        walk.Do(new RolloutCommand.Agreed([new(DisagreementKind.Window, "internal moves only in its windows")]));
        walk.After(TimeSpan.FromHours(14)).Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
        walk.Do(new RolloutCommand.Agreed([]));
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        walk.Move();
    }

    [Fact]
    public void A_share_that_a_person_sets_waits_for_agreement_but_for_no_window_and_settles_nothing()
    {
        var window = new Disagreement(DisagreementKind.Window, "internal moves only in its windows");
        var features = new Disagreement(DisagreementKind.Features, "price reads features@2");
        RolloutWalk walk = SegmentPlans.Walk().Prepared();
        walk.Do(new RolloutCommand.Agreed([window, features]));
        walk.Do(new RolloutCommand.SetShare(Share.FromPercent(5), "ann"));
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
        walk.Do(new RolloutCommand.Agreed([window]));
        walk.Move();
        Assert.Equal(Share.FromPercent(5), walk.State.Share);
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.False(walk.State.PhaseSettled);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
        walk.Do(new RolloutCommand.Agreed([]));
        walk.Move();
        Assert.NotEmpty(walk.State.SegmentShares);
    }

    [Fact]
    public void A_pace_names_a_segment_that_moves_once_and_can_be_judged_alone()
    {
        RolloutPlan plan = SegmentPlans.Plan() with
        {
            Paces =
            [
                new Pace("beta"),
                new Pace("beta"),
                new Pace("gamma"),
                new Pace(null) { WhenHarmed = WhenHarmed.Segment },
            ],
        };
        Assert.Equal(
            ["spec.paces[1]", "spec.paces[2].segment", "spec.paces[3].whenHarmed"],
            PlanRules.Check(plan).Select(p => p.Field)
        );
        var pushed = new MetricGate("score", new Ratio(0.1)) { Pushed = true };
        plan = SegmentPlans.Plan() with { Gates = new GatePlan { Metrics = [pushed] } };
        Assert.Contains(PlanRules.Check(plan), p => p.Field == "spec.paces[1].whenHarmed");
    }

    private static RolloutWalk AtBeta(WhenHarmed beta) =>
        SegmentPlans.Walk(beta).Prepared().Move().Judge(Outcome.Promote).Move();

    private static string Who(Routing routing, string tenant) =>
        Assignment.Assign(routing, "c-7", new Dictionary<string, string> { ["tenant"] = tenant }).Release;
}
