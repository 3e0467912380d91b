using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>What a rollout does while somebody around the model does not agree.</summary>
public sealed class AgreementTests
{
    private static readonly Disagreement Stale = new(DisagreementKind.Features, "stale");
    private static readonly Disagreement Unsigned = new(DisagreementKind.Acknowledgement, "unsigned");

    [Fact]
    public void Verify_waits_for_others_and_asks_again_when_they_have_done_their_part()
    {
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        Assert.Contains(new RolloutEffect.Verify(), walk.Effects);
        walk.Do(new RolloutCommand.Verified([]) { Awaited = [Unsigned] });
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Equal(["unsigned"], walk.State.Reasons);
        Assert.DoesNotContain(new RolloutEffect.Verify(), walk.Effects);
        walk.Do(new RolloutCommand.Agreed([]));
        Assert.Equal(RolloutStatus.Running, walk.State.Status);
        Assert.Contains(new RolloutEffect.Verify(), walk.Effects);
        walk.Do(new RolloutCommand.Verified([]));
        Assert.IsType<Phase.Start>(walk.State.Phase);
    }

    [Fact]
    public void A_broken_contract_refuses_whatever_else_is_awaited()
    {
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Verified(["no"]) { Awaited = [Unsigned] });
        Assert.Equal(RolloutStatus.Refused, walk.State.Status);
    }

    [Fact]
    public void Whoever_disagrees_early_does_not_keep_a_broken_contract_from_being_found()
    {
        var walk = new RolloutWalk(RolloutWalk.Parallel());
        walk.Do(new RolloutCommand.Tick());
        walk.Do(new RolloutCommand.Agreed([Unsigned]));
        Assert.Contains(new RolloutEffect.Verify(), walk.Effects);
        walk.Do(new RolloutCommand.Verified(["no"]));
        Assert.Equal(RolloutStatus.Refused, walk.State.Status);
    }

    [Fact]
    public void Nothing_moves_while_somebody_disagrees_and_everything_after()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        Assert.Single(walk.Effects.OfType<RolloutEffect.Move>());
        walk.Do(new RolloutCommand.Agreed([Stale]));
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
        walk.Do(new RolloutCommand.Agreed([]));
        walk.Move();
        Assert.Equal(Share.FromPercent(10), walk.State.Share);
    }

    [Fact]
    public void A_share_that_serves_stays_where_it_is_and_no_verdict_promotes_it()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        walk.Do(new RolloutCommand.Agreed([Stale]));
        int phase = walk.State.PhaseIndex;
        walk.Judge(Outcome.Promote);
        Assert.Equal(phase, walk.State.PhaseIndex);
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        walk.Do(new RolloutCommand.Agreed([]));
        walk.Judge(Outcome.Promote);
        Assert.Equal(phase + 1, walk.State.PhaseIndex);
    }

    [Fact]
    public void Harm_takes_back_whoever_disagrees()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared().Move();
        walk.Do(new RolloutCommand.Agreed([Stale]));
        walk.Judge(Outcome.RollBack).Move();
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
    }

    [Fact]
    public void A_plan_may_take_back_when_features_go_stale_but_never_for_a_missing_acknowledgement()
    {
        RolloutPlan plan = RolloutWalk.Parallel() with { WhenDisagreed = WhenDisagreed.Rollback };
        RolloutWalk walk = new RolloutWalk(plan).Prepared().Move();
        walk.Do(new RolloutCommand.Agreed([Unsigned]));
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        walk.Do(new RolloutCommand.Agreed([Unsigned, Stale]));
        Assert.Equal("stale", walk.State.RollbackReason);
        walk.Move();
        Assert.Equal(RolloutStatus.RolledBack, walk.State.Status);
    }

    [Fact]
    public void The_same_disagreement_is_told_once_and_a_person_cannot_wave_it_through()
    {
        RolloutWalk walk = new RolloutWalk(RolloutWalk.Parallel()).Prepared();
        walk.Do(new RolloutCommand.Agreed([Stale]));
        int told = walk.Events.Count;
        walk.Do(new RolloutCommand.Agreed([Stale]));
        Assert.Equal(told, walk.Events.Count);
        Assert.Equal("conflict", walk.Do(new RolloutCommand.Retry("bob")).Problems[0].Code);
        walk.Do(new RolloutCommand.Pause("bob"));
        walk.Do(new RolloutCommand.Resume("bob"));
        Assert.Equal(RolloutStatus.Holding, walk.State.Status);
        Assert.Empty(walk.Effects.OfType<RolloutEffect.Move>());
    }

    [Fact]
    public void Waiting_for_others_ends_at_the_deadline_only_where_the_plan_says_so()
    {
        foreach (Inconclusive rule in Enum.GetValues<Inconclusive>())
        {
            RolloutPlan plan = RolloutWalk.Parallel() with { WhenInconclusive = rule };
            RolloutWalk walk = new RolloutWalk(plan).Prepared();
            walk.Do(new RolloutCommand.Agreed([Stale]));
            walk.After(TimeSpan.FromHours(3)).Do(new RolloutCommand.Tick());
            Assert.Equal(rule == Inconclusive.Rollback, walk.State.RollbackReason is not null);
            Assert.Equal(0, walk.State.Epoch);
        }
    }
}
