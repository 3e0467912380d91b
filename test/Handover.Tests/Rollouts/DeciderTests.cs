using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Moves;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

public sealed class DeciderTests
{
    [Fact]
    public void A_healthy_rollout_goes_through_all_phases_and_succeeds()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        walk.Move().Judge(Outcome.Hold);
        Assert.Equal(Share.FromPercent(10), walk.State.Share);
        walk.Judge(Outcome.Promote).Move().Judge(Outcome.Promote);
        Assert.IsType<Phase.Bake>(walk.State.Phase);
        walk.Judge(Outcome.Promote);
        Assert.IsType<Phase.Retire>(walk.State.Phase);
        walk.Move();
        Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
        Assert.Equal(walk.Now + TimeSpan.FromHours(24), walk.State.KeepOldUntil);
        Assert.Contains(new RolloutEffect.KeepStack("v1"), walk.Effects);
        walk.Do(new RolloutCommand.OldStopped());
        Assert.Empty(walk.Effects);
    }

    [Fact]
    public void A_release_is_frozen_once_with_the_files_that_it_was_first_ready_with()
    {
        var first = new Dictionary<string, string> { ["v2.onnx"] = "aa" };
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(new RolloutCommand.StackReady([]) { Artefacts = first });
        Assert.Equal(first, walk.State.Frozen["v2"]);
        Assert.Empty(
            Decider
                .Decide(
                    walk.State with
                    {
                        PhaseIndex = 1,
                    },
                    new RolloutCommand.StackReady([])
                    {
                        Artefacts = new Dictionary<string, string> { ["v2.onnx"] = "bb" },
                    },
                    walk.Now
                )
                .Value.OfType<RolloutEvent.Frozen>()
        );
    }

    [Fact]
    public void A_release_that_is_refused_is_not_frozen()
    {
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(
            new RolloutCommand.StackReady(["price is FP64"])
            {
                Artefacts = new Dictionary<string, string> { ["v2.onnx"] = "aa" },
            }
        );
        Assert.Empty(walk.State.Frozen);
    }

    [Fact]
    public void Nothing_is_promoted_before_its_move_is_made()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        walk.Judge(Outcome.Promote);
        Assert.Equal(3, walk.State.PhaseIndex);
        Assert.False(walk.State.PhaseSettled);
    }

    [Fact]
    public void A_broken_contract_refuses_before_anything_is_started()
    {
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        Assert.DoesNotContain(new RolloutEffect.KeepStack("v2"), walk.Effects);
        walk.Do(new RolloutCommand.Verified(["quote-engine reads USD, v2 emits cents"]));
        Assert.Equal(RolloutStatus.Refused, walk.State.Status);
        Assert.Equal(["quote-engine reads USD, v2 emits cents"], walk.State.Reasons);
        Assert.Empty(walk.Effects);
    }

    [Fact]
    public void Harm_is_written_down_before_the_move_back_is_wanted()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        Assert.DoesNotContain(walk.Effects, e => e is RolloutEffect.Move);
        walk.Judge(Outcome.RollBack, "errors: v2 is sick");
        Assert.Equal("errors: v2 is sick", walk.State.RollbackReason);
        Assert.IsType<RolloutEvent.RollbackDecided>(walk.Events[^1]);
        RolloutEffect.Move back = walk.Effects.OfType<RolloutEffect.Move>().Single();
        Assert.IsType<MoveTarget.Back>(back.Target);
        Assert.Equal(DrainMode.Dispatch, back.Drain);
        walk.Move();
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
        Assert.Equal(Share.None, walk.State.Share);
    }

    [Fact]
    public void A_paused_rollout_still_rolls_back_on_harm_and_does_nothing_else()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        walk.Do(new RolloutCommand.Pause("bob"));
        walk.Judge(Outcome.Promote);
        Assert.Equal(3, walk.State.PhaseIndex);
        walk.Judge(Outcome.RollBack);
        Assert.NotNull(walk.State.RollbackReason);
    }

    [Fact]
    public void A_rollback_is_possible_from_every_phase_and_pause()
    {
        var stops = new List<Action<RolloutWalk>>
        {
            _ => { },
            w => w.Do(new RolloutCommand.Tick()),
            w => w.Do(new RolloutCommand.Verified([])),
            w => w.Do(new RolloutCommand.StackReady([])),
            w => w.Do(new RolloutCommand.Warmed([], "converged")),
            w => w.Move(),
            w => w.Judge(Outcome.Promote).Move(),
            w => w.Judge(Outcome.Promote),
            w => w.Judge(Outcome.Promote),
            w => w.Do(new RolloutCommand.Pause("bob")),
        };
        for (int upTo = 1; upTo <= stops.Count; upTo++)
        {
            var walk = new RolloutWalk(RolloutWalk.Parallel());
            stops.Take(upTo).ToList().ForEach(stop => stop(walk));
            Assert.True(walk.Do(new RolloutCommand.Rollback("3 a.m.", "bob")).Ok);
            walk.Move();
            Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
        }
    }

    [Fact]
    public void A_commit_that_a_rollback_overtook_is_recorded_and_then_taken_back()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        MoveTarget forward = walk.Effects.OfType<RolloutEffect.Move>().Single().Target;
        walk.Do(new RolloutCommand.Rollback("no", "bob"));
        walk.Do(new RolloutCommand.MoveCommitted(2, forward, TimeSpan.FromMilliseconds(1)));
        Assert.True(walk.State.Open);
        Assert.Equal(2, walk.State.Epoch);
        walk.Do(new RolloutCommand.MoveCommitted(3, new MoveTarget.Back(), TimeSpan.FromMilliseconds(1)));
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
        Assert.Equal(3, walk.State.Epoch);
    }

    [Fact]
    public void High_impact_waits_for_somebody_else_before_everybody_moves()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel(), Impact.High).Prepared().Move();
        walk.Judge(Outcome.Promote);
        walk.Do(new RolloutCommand.Tick());
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.DoesNotContain(walk.Effects, e => e is RolloutEffect.Move);
        Assert.Equal("own-approval", walk.Do(new RolloutCommand.Approve("ann")).Problems[0].Code);
        Assert.True(walk.Do(new RolloutCommand.Approve("bob")).Ok);
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        walk.Move();
        Assert.Equal(Share.All, walk.State.Share);
    }

    [Fact]
    public void A_share_set_by_a_person_only_grows()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        Assert.Equal("conflict", walk.Do(new RolloutCommand.SetShare(Share.FromPercent(5), "bob")).Problems[0].Code);
        Assert.True(walk.Do(new RolloutCommand.SetShare(Share.FromPercent(40), "bob")).Ok);
        walk.Move();
        Assert.Equal(Share.FromPercent(40), walk.State.Share);
        Assert.Null(walk.State.WishedShare);
    }

    [Fact]
    public void Failed_moves_are_tried_again_and_a_person_is_told_after_three()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        var seen = new HashSet<RolloutEffect>();
        for (int i = 0; i < 3; i++)
        {
            RolloutEffect.Move move = walk.Effects.OfType<RolloutEffect.Move>().Single();
            Assert.True(seen.Add(move), "a retry is new work");
            walk.Do(new RolloutCommand.MoveFailed(move.Target, "gateway gw-2 is silent"));
        }

        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        walk.Move();
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
    }

    [Fact]
    public void A_phase_without_progress_until_the_deadline_follows_the_plan()
    {
        foreach (Inconclusive policy in Enum.GetValues<Inconclusive>())
        {
            RolloutPlan plan = RolloutWalk.Parallel() with { WhenInconclusive = policy };
            RolloutWalk walk = new RolloutWalk(plan).Prepared().Move().After(TimeSpan.FromHours(2.1));
            walk.Do(new RolloutCommand.Tick());
            switch (policy)
            {
                case Inconclusive.Hold:
                    Assert.Equal(RolloutStatus.Holding, walk.State.Status);
                    break;
                case Inconclusive.Rollback:
                    Assert.NotNull(walk.State.RollbackReason);
                    break;
                default:
                    Assert.Equal(4, walk.State.PhaseIndex);
                    break;
            }
        }
    }

    [Fact]
    public void The_candidate_dying_while_it_serves_rolls_back_and_before_it_serves_fails()
    {
        var starting = new RolloutWalk(RolloutWalk.Parallel());
        starting.Do(new RolloutCommand.Tick());
        starting.Do(new RolloutCommand.Verified([]));
        starting.Do(new RolloutCommand.StackFailed("bad digest"));
        Assert.Equal(RolloutStatus.Failed, starting.State.Status);

        RolloutWalk serving = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        serving.Do(new RolloutCommand.StackFailed("killed"));
        Assert.Contains("killed", serving.State.RollbackReason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_switch_makes_the_candidate_stable_in_one_document()
    {
        RolloutPlan plan = RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Start(TimeSpan.FromMinutes(1)),
            new Phase.Switch(TimeSpan.FromMilliseconds(300), DrainMode.Atomic),
            new Phase.Bake(TimeSpan.FromMinutes(1)),
            new Phase.Retire(TimeSpan.FromHours(1))
        );
        var walk = new RolloutWalk(plan);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(new RolloutCommand.StackReady([]));
        RolloutEffect.Move move = walk.Effects.OfType<RolloutEffect.Move>().Single();
        Assert.Equal(Routing.Only("price", "v2", switched: true), move.Target.RoutingFor(walk.State));
        Assert.Equal(TimeSpan.FromMilliseconds(300), move.Hold);
        walk.Move();
        Assert.Equal(Share.All, walk.State.Share);
    }

    [Fact]
    public void Segments_go_first_and_keep_their_share_while_the_rest_follows()
    {
        var internals = new Segment("internal", Rule.Read("""{"==":[{"var":"tenant"},"acme"]}"""));
        RolloutPlan plan = RolloutWalk.Parallel(
            new Phase.Verify(),
            new Phase.Start(TimeSpan.FromMinutes(1)),
            new Phase.Shift(Share.All, "internal", TimeSpan.Zero, 0),
            new Phase.Shift(Share.All, null, TimeSpan.Zero, 0),
            new Phase.Retire(TimeSpan.FromHours(1))
        );
        var walk = new RolloutWalk(plan, Impact.Low, internals);
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified([]));
        walk.Do(new RolloutCommand.StackReady([]));
        Routing routing = walk.Effects.OfType<RolloutEffect.Move>().Single().Target.RoutingFor(walk.State);
        var acme = new Dictionary<string, string> { ["tenant"] = "acme" };
        Assert.Equal("v2", Assignment.Assign(routing, "c-1", acme).Release);
        Assert.Equal("v1", Assignment.Assign(routing, "c-1").Release);
        walk.Move().Judge(Outcome.Promote).Move();
        Assert.Equal(Share.All, walk.State.Share);
        Assert.Equal(Share.All, walk.State.SegmentShares["internal"]);
    }
}
