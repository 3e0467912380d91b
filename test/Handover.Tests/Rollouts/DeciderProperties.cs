using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>Laws that hold whatever people and effects say in whatever order.</summary>
public sealed class DeciderProperties
{
    private static readonly Gen<RolloutCommand> Command = Gen.OneOf(
        Gen.Const<RolloutCommand>(new RolloutCommand.Tick()),
        Gen.Const<RolloutCommand>(new RolloutCommand.Verified([])),
        Gen.Const<RolloutCommand>(new RolloutCommand.Verified(["no"])),
        Gen.Const<RolloutCommand>(new RolloutCommand.Agreed([])),
        Gen.Const<RolloutCommand>(new RolloutCommand.Agreed([new(DisagreementKind.Features, "stale")])),
        Gen.Const<RolloutCommand>(new RolloutCommand.StackReady([])),
        Gen.Const<RolloutCommand>(new RolloutCommand.StackFailed("gone")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Warmed([], "warm")),
        Gen.Enum<Outcome>().Select(o => (RolloutCommand)new RolloutCommand.Judged(new Verdict(o, ["because"], []))),
        Gen.Bool.Select(full => (RolloutCommand)new RolloutCommand.Promote(full, "bob")),
        Gen.Int[0, Share.Whole].Select(p => (RolloutCommand)new RolloutCommand.SetShare(new Share(p), "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Pause("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Resume("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Approve("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Retry("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Rollback("enough", "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.OldStopped())
    );

    private static readonly Gen<(RolloutCommand Command, bool Commits, int Minutes)[]> Script = Gen.Select(
        Command,
        Gen.Bool,
        Gen.Int[0, 40]
    ).Array[1, 60];

    [Fact]
    public void A_share_never_shrinks_without_a_rollback_and_an_end_is_an_end()
    {
        Gen.Select(Script, Gen.Enum<Impact>())
            .Sample(
                (script, impact) =>
                {
                    var walk = new RolloutWalk(RolloutWalk.Parallel(), impact);
                    foreach ((RolloutCommand command, bool commits, int minutes) in script)
                    {
                        Step(walk.After(TimeSpan.FromMinutes(minutes)), command, commits);
                    }
                },
                iter: 5_000
            );
    }

    [Fact]
    public void The_state_is_the_fold_of_its_events()
    {
        Script.Sample(
            script =>
            {
                var walk = new RolloutWalk(RolloutWalk.Parallel());
                foreach ((RolloutCommand command, bool commits, int minutes) in script)
                {
                    Step(walk.After(TimeSpan.FromMinutes(minutes)), command, commits);
                }

                RolloutState folded = walk.Events.Aggregate((RolloutState?)null, Evolver.Evolve)!;
                Assert.Equal(walk.State.Version, walk.Events.Count);
                Assert.Equivalent(walk.State, folded);
                Assert.Equal(walk.Effects, Effects.Of(folded));
            },
            iter: 2_000
        );
    }

    private static void Step(RolloutWalk walk, RolloutCommand command, bool commits)
    {
        RolloutState before = walk.State;
        bool move = commits && walk.Effects.OfType<RolloutEffect.Move>().Any();
        if (move)
        {
            walk.Move();
        }
        else
        {
            walk.Do(command);
        }

        RolloutState after = walk.State;
        Assert.True(after.Share.Parts >= before.Share.Parts || after.Status == RolloutStatus.RolledBack);
        Assert.True(before.Open || after.Status == before.Status, "an ended rollout never changes its status");
        Assert.True(
            before.RollbackReason is null || after.RollbackReason is not null,
            "a rollback wish is never dropped"
        );
        Assert.True(
            after.Impact == Impact.Low || after.ApprovedBy is not null || after.Share != Share.All,
            "nobody moves everybody without approval when impact is high"
        );
        Assert.True(
            after.Disagreements.Count == 0 || !walk.Effects.OfType<RolloutEffect.Move>().Any(),
            "nothing moves while somebody around the model disagrees"
        );
        Assert.True(walk.Effects.OfType<RolloutEffect.Move>().Count() <= 1, "one move at a time");
        Assert.True(!after.Open || walk.Effects.Contains(new RolloutEffect.KeepStack("v1")), "stable is kept");
        Assert.True(
            after.Status != RolloutStatus.Succeeded || after.RollbackReason is null,
            "what is to be taken back does not succeed"
        );
    }
}
