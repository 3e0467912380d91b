using CsCheck;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>Laws of the switch with one stack, whatever effects and people say in whatever order.</summary>
public sealed class SingleStackProperties
{
    private static readonly Gen<string> Release = Gen.Bool.Select(b => b ? "v1" : "v2");

    private static readonly Gen<RolloutCommand> Disturbance = Gen.OneOf(
        Gen.Const<RolloutCommand>(new RolloutCommand.Tick()),
        Release.Select(r => (RolloutCommand)new RolloutCommand.StackStopped(r)),
        Release.Select(r => (RolloutCommand)new RolloutCommand.StackReady([]) { Release = r }),
        Release.Select(r => (RolloutCommand)new RolloutCommand.StackReady(["other"]) { Release = r }),
        Release.Select(r => (RolloutCommand)new RolloutCommand.StackFailed("gone") { Release = r }),
        Gen.Const<RolloutCommand>(new RolloutCommand.Warmed(["slow"], "")),
        Gen.Enum<Outcome>().Select(o => (RolloutCommand)new RolloutCommand.Judged(new Verdict(o, ["because"], []))),
        Gen.Const<RolloutCommand>(new RolloutCommand.Pause("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Resume("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Retry("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Promote(Full: true, "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Rollback("enough", "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.ClosingRefused(["freeze"]))
    );

    [Fact]
    public void Two_releases_are_never_wanted_at_once_and_a_closed_service_always_opens()
    {
        Gen.Select(Gen.Int[0, 3], Disturbance, Gen.Int[0, 8])
            .Array[1, 60]
            .Sample(
                script =>
                {
                    var walk = new RolloutWalk(SingleStackTests.Plan()) { Downtime = TimeSpan.FromSeconds(30) };
                    foreach ((int disturbed, RolloutCommand disturbance, int seconds) in script)
                    {
                        walk.After(TimeSpan.FromSeconds(seconds));
                        Laws(walk);
                        if (disturbed > 0)
                        {
                            Answer(walk);
                        }
                        else
                        {
                            walk.Do(disturbance);
                        }
                    }

                    Laws(walk);
                    Opens(walk);
                },
                iter: 20_000
            );
    }

    private static void Laws(RolloutWalk walk)
    {
        var kept = walk.Effects.OfType<RolloutEffect.KeepStack>().Select(k => k.Release).ToList();
        Assert.True(kept.Count <= 1, "there is room for one");
        foreach (RolloutEffect.StopStack stop in walk.Effects.OfType<RolloutEffect.StopStack>())
        {
            Assert.NotNull(walk.State.Closed);
            Assert.Empty(kept);
            Assert.NotEqual(walk.State.Closed.Ready, stop.Release == "v1" ? "v2" : "v1");
        }

        if (walk.State.Closed is null && walk.State.Open)
        {
            // While the service is open, the release that serves is the one that is kept.
            Assert.Equal([walk.State.Share == Share.All ? "v2" : "v1"], kept);
        }

        Assert.True(walk.State.Closed is null || walk.State.Open, "a rollout does not end with the service closed");
        Assert.True(
            walk.Effects.OfType<RolloutEffect.Move>()
                .All(m =>
                    m.Target is MoveTarget.Closed
                    || (kept.Count == 1 && kept[0] == (m.Target is MoveTarget.Back ? "v1" : "v2"))
                ),
            "the service opens on what is kept"
        );
    }

    // What a node does that nobody disturbs any more: one answer after the other.
    private static void Opens(RolloutWalk walk)
    {
        for (int step = 0; walk.State.Closed is not null; step++)
        {
            Assert.True(step < 10, $"still closed: {string.Join(", ", walk.Effects)}");
            Answer(walk);
            Laws(walk);
        }
    }

    private static void Answer(RolloutWalk walk)
    {
        RolloutEffect? work = walk.Effects.FirstOrDefault(e =>
            e is not (RolloutEffect.KeepStack or RolloutEffect.Judge or RolloutEffect.MeasureInterruption)
        );
        switch (work)
        {
            case RolloutEffect.Move:
                walk.Move();
                break;
            case RolloutEffect.StopStack stop:
                walk.Do(new RolloutCommand.StackStopped(stop.Release));
                break;
            case RolloutEffect.AwaitStack wait:
                walk.Do(new RolloutCommand.StackReady([]) { Release = wait.Release });
                break;
            case RolloutEffect.Warm:
                walk.Do(new RolloutCommand.Warmed([], "converged"));
                break;
            case RolloutEffect.MeasureStable:
                walk.Do(new RolloutCommand.StableMeasured(4));
                break;
            case RolloutEffect.Verify:
                walk.Do(new RolloutCommand.Verified([]));
                break;
            default:
                walk.Do(new RolloutCommand.Tick());
                break;
        }
    }
}
