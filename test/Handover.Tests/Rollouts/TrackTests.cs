using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>
/// Segments that move independently: what one waits for never stops another, and the rest waits for all.
/// </summary>
public sealed class TrackTests
{
    private static readonly Disagreement Closed = new(DisagreementKind.Window, "internal moves only in its windows")
    {
        Segment = "internal",
    };

    [Fact]
    public void All_segments_begin_at_once_and_one_move_brings_all_of_them()
    {
        RolloutWalk walk = AtTracks();
        Assert.Equal([("internal", 3), ("beta", 4)], walk.State.Tracks.Select(t => (t.Segment, t.PhaseIndex)));
        walk.Move();
        Assert.Equal(Share.All, walk.State.SegmentShares["internal"]);
        Assert.Equal(Share.FromPercent(20), walk.State.SegmentShares["beta"]);
        Assert.All(walk.State.Tracks, t => Assert.True(t.Settled));
        Assert.True(walk.State.PhaseSettled);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
    }

    [Fact]
    public void A_segment_that_waits_for_its_window_stops_nobody_and_everybody_waits_for_it()
    {
        RolloutWalk walk = AtTracks();
        walk.Do(new RolloutCommand.Agreed([Closed]));
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        walk.Move();
        Assert.False(walk.State.SegmentShares.ContainsKey("internal"));
        Promote(walk, "beta");
        walk.Move();
        Assert.Equal(Share.FromPercent(60), walk.State.SegmentShares["beta"]);
        Promote(walk, "beta");
        Assert.Equal([true, false], walk.State.Tracks.OrderBy(t => t.Segment).Select(t => t.Done));
        Assert.Equal(3, walk.State.PhaseIndex);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());

        // A window is no lack of progress, however long it stays closed.
        walk.After(TimeSpan.FromDays(3)).Do(new RolloutCommand.Tick());
        Assert.Equal((RolloutStatus.Running, false), (walk.State.Status, walk.State.Tracks[0].NeedsPerson));

        walk.Do(new RolloutCommand.Agreed([]));
        walk.Move();
        Assert.Equal(Share.All, walk.State.SegmentShares["internal"]);
        Promote(walk, "internal");
        Assert.Empty(walk.State.Tracks);
        Assert.Equal(6, walk.State.PhaseIndex);
        walk.Move().Judge(Outcome.Promote).Move().Judge(Outcome.Promote).Judge(Outcome.Promote).Move();
        Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
    }

    [Fact]
    public void One_segment_is_promoted_by_its_own_verdict_and_harm_is_everybodys()
    {
        RolloutWalk walk = AtTracks().Move();
        Promote(walk, "beta");
        Assert.Equal([3, 5], walk.State.Tracks.Select(t => t.PhaseIndex));
        walk.Do(new RolloutCommand.Judged(new(Outcome.RollBack, ["bad"], [])) { Segment = "beta" });
        Assert.Equal("bad", walk.State.RollbackReason);
    }

    [Fact]
    public void Verdicts_of_two_segments_do_not_take_turns_in_the_history()
    {
        RolloutWalk walk = AtTracks().Move();
        walk.Do(new RolloutCommand.Pause("bob") { Segment = "beta" });
        for (int i = 0; i < 10; i++)
        {
            Promote(walk, "beta");
            walk.Do(new RolloutCommand.Judged(new(Outcome.Hold, ["early"], [])) { Segment = "internal" });
        }

        Assert.Single(walk.Events.OfType<RolloutEvent.VerdictReached>());
    }

    [Fact]
    public void A_person_holds_one_segment_and_lets_it_go_on()
    {
        RolloutWalk walk = AtTracks();
        walk.Do(new RolloutCommand.Pause("bob") { Segment = "beta" });
        Assert.Equal((RolloutStatus.Running, "paused by bob"), (walk.State.Status, walk.State.Tracks[1].Waits));
        walk.Move();
        Assert.False(walk.State.SegmentShares.ContainsKey("beta"));

        // An open window is not a person's word.
        walk.Do(new RolloutCommand.Agreed([]));
        Assert.True(walk.State.Tracks[1].NeedsPerson);
        Assert.False(walk.Do(new RolloutCommand.Pause("bob") { Segment = "gold" }).Ok);
        Assert.False(walk.Do(new RolloutCommand.Resume("bob") { Segment = "internal" }).Ok);
        Assert.True(walk.Do(new RolloutCommand.Resume("bob") { Segment = "beta" }).Ok);
        walk.Move();
        Assert.Equal(Share.FromPercent(20), walk.State.SegmentShares["beta"]);
    }

    [Fact]
    public void A_person_promotes_the_one_that_was_named_and_only_once_it_has_moved()
    {
        RolloutWalk walk = AtTracks();
        walk.Do(new RolloutCommand.Agreed([Closed]));
        walk.Move();
        Problem which = walk.Do(new RolloutCommand.Promote(false, "bob")).Problems[0];
        Assert.Equal("internal, beta move independently in price-v2.1.", which.Message);
        Problem early = walk.Do(new RolloutCommand.Promote(false, "bob") { Segment = "internal" }).Problems[0];
        Assert.Contains("moves only in its windows", early.Message, StringComparison.Ordinal);
        Assert.True(walk.Do(new RolloutCommand.Promote(false, "bob") { Segment = "beta" }).Ok);
        Assert.Equal([3, 5], walk.State.Tracks.Select(t => t.PhaseIndex));
    }

    [Fact]
    public void A_segment_without_progress_waits_for_a_person_alone()
    {
        RolloutWalk walk = AtTracks().Move();
        walk.After(TimeSpan.FromHours(1));
        Promote(walk, "beta");
        walk.Move().After(TimeSpan.FromHours(1.5));
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        Assert.Equal([("internal", true), ("beta", false)], walk.State.Tracks.Select(t => (t.Segment, t.NeedsPerson)));
        Promote(walk, "internal");
        Assert.False(walk.State.Tracks[0].Done);
        Promote(walk, "beta");
        Assert.True(walk.State.Tracks[1].Done);
        Assert.True(walk.Do(new RolloutCommand.Retry("bob")).Ok);
        Promote(walk, "internal");
        Assert.Equal(6, walk.State.PhaseIndex);
    }

    [Theory]
    [InlineData("pause")]
    [InlineData("disagreement")]
    [InlineData("hold")]
    public void What_all_waited_for_is_no_lack_of_progress_of_anybody(string why)
    {
        RolloutWalk walk = AtTracks().Move();
        var stale = new Disagreement(DisagreementKind.Features, "stale");
        MoveTarget.Shares beta = MoveTarget.Shares.Of(walk.State, walk.State.Share);
        if (why == "hold")
        {
            Promote(walk, "beta");
        }

        for (int i = 0; i < Decider.MoveFailuresBeforeHold; i++)
        {
            walk.Do(
                why switch
                {
                    "pause" => new RolloutCommand.Pause("bob"),
                    "hold" => new RolloutCommand.MoveFailed(beta, "gw-2 is silent"),
                    _ => new RolloutCommand.Agreed([stale]),
                }
            );
        }

        Assert.NotEqual(RolloutStatus.Running, walk.State.Status);
        walk.After(TimeSpan.FromDays(1));
        walk.Do(
            why switch
            {
                "pause" => new RolloutCommand.Resume("bob"),
                "hold" => new RolloutCommand.Retry("bob"),
                _ => new RolloutCommand.Agreed([]),
            }
        );
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        Assert.DoesNotContain(walk.State.Tracks, t => t.NeedsPerson);
    }

    [Fact]
    public void A_segment_that_is_taken_back_is_through_and_the_other_goes_on()
    {
        RolloutWalk walk = AtTracks().Move();
        Assert.False(walk.Do(new RolloutCommand.TakeBack("gold", "odd", "bob")).Ok);
        Assert.True(walk.Do(new RolloutCommand.TakeBack("beta", "odd answers", "bob")).Ok);
        Assert.Contains("odd answers (bob)", walk.State.Reasons[0], StringComparison.Ordinal);
        walk.Move();
        Assert.Equal(["beta"], walk.State.BarredInForce);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Tick());
        Assert.True(walk.State.Tracks.Single(t => t.Segment == "beta").Done);
        Promote(walk, "internal");
        Assert.Equal(6, walk.State.PhaseIndex);
    }

    [Fact]
    public void An_answer_that_comes_twice_settles_no_later_shift()
    {
        RolloutWalk walk = AtTracks();
        MoveTarget target = walk.Effects.OfType<RolloutEffect.Move>().Single().Target;
        walk.Move(target);
        Promote(walk, "beta");
        long epoch = walk.State.Epoch;
        walk.Do(new RolloutCommand.MoveCommitted(epoch, target, TimeSpan.Zero));
        Assert.False(walk.State.Tracks.Single(t => t.Segment == "beta").Settled);
        Assert.Single(walk.Effects.OfType<RolloutEffect.Move>());
    }

    [Fact]
    public void Promoted_to_the_end_goes_through_all_shifts_of_all_segments()
    {
        RolloutWalk walk = AtTracks().Move();
        walk.Do(new RolloutCommand.Promote(true, "bob"));
        for (int i = 0; i < 12 && walk.State.Open; i++)
        {
            walk.Do(new RolloutCommand.Tick());
            if (walk.Effects.OfType<RolloutEffect.Move>().Any())
            {
                walk.Move();
            }
        }

        Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
    }

    [Fact]
    public void A_plan_in_which_nothing_is_independent_says_so()
    {
        RolloutPlan plan = RolloutWalk.Parallel() with { SegmentOrder = SegmentOrder.Independent };
        Problem problem = Assert.Single(PlanRules.Check(plan));
        Assert.Equal("spec.segmentOrder", problem.Field);
        Assert.Empty(PlanRules.Check(Plan()));
    }

    private static RolloutPlan Plan() => SegmentPlans.Plan() with { SegmentOrder = SegmentOrder.Independent };

    private static RolloutWalk AtTracks() => new RolloutWalk(Plan(), Impact.Low, SegmentPlans.Segments).Prepared();

    private static void Promote(RolloutWalk walk, string segment) =>
        walk.Do(new RolloutCommand.Judged(new(Outcome.Promote, ["safe"], [])) { Segment = segment });
}
