using CsCheck;
using Handover.Core.Contracts;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Rollouts;

/// <summary>
/// Laws of segments at their own speeds, whatever people and gates say in whatever order: nobody is moved back but by a
/// rollback, or with the segment that was harmed.
/// </summary>
public sealed class SegmentProperties
{
    private static readonly string[] Tenants = ["acme", "globex", "initech"];

    private static readonly Gen<string> Segment = Gen.Bool.Select(b => b ? "internal" : "beta");

    private static readonly Gen<RolloutCommand> Healthy = Gen.OneOf(
        Gen.Const<RolloutCommand>(new RolloutCommand.Tick()),
        Gen.Const<RolloutCommand>(new RolloutCommand.Judged(new Verdict(Outcome.Promote, ["safe"], []))),
        Gen.Const<RolloutCommand>(new RolloutCommand.Agreed([])),
        Gen.Const<RolloutCommand>(new RolloutCommand.Agreed([new(DisagreementKind.Window, "closed")])),
        Segment.Select(s =>
            (RolloutCommand)new RolloutCommand.Agreed([new(DisagreementKind.Window, "closed") { Segment = s }])
        ),
        Segment.Select(s =>
            (RolloutCommand)new RolloutCommand.Judged(new Verdict(Outcome.Promote, ["safe"], [])) { Segment = s }
        ),
        Segment.Select(s => (RolloutCommand)new RolloutCommand.Promote(false, "bob") { Segment = s }),
        Segment.Select(s => (RolloutCommand)new RolloutCommand.Pause("bob") { Segment = s }),
        Segment.Select(s => (RolloutCommand)new RolloutCommand.Resume("bob") { Segment = s }),
        Gen.Int[0, Share.Whole].Select(p => (RolloutCommand)new RolloutCommand.SetShare(new Share(p), "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Promote(true, "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Pause("bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Resume("bob"))
    );

    private static readonly Gen<RolloutCommand> Any = Gen.OneOf(
        Healthy,
        Segment.Select(s => (RolloutCommand)new RolloutCommand.SegmentHarmed(s, new(Outcome.RollBack, ["bad"], []))),
        Segment.Select(s => (RolloutCommand)new RolloutCommand.Readmit(s, "bob")),
        Gen.Const<RolloutCommand>(new RolloutCommand.Retry("bob"))
    );

    [Theory]
    [InlineData(SegmentOrder.Listed)]
    [InlineData(SegmentOrder.Independent)]
    public void In_a_healthy_ramp_no_entity_ever_moves_back(SegmentOrder order) =>
        Check(order, Healthy, (entity, _) => Assert.Fail($"{entity} moved back"));

    [Theory]
    [InlineData(SegmentOrder.Listed)]
    [InlineData(SegmentOrder.Independent)]
    public void Nobody_moves_back_but_with_a_segment_that_was_harmed(SegmentOrder order) =>
        Check(order, Any, (tenant, s) => Assert.Contains(tenant == "acme" ? "internal" : "beta", s.TakenBack.Keys));

    [Fact]
    public void Every_interleaving_of_independent_segments_ends_once_nothing_is_in_the_way() =>
        Gen.Select(Any, Gen.Bool)
            .Array[1, 60]
            .Sample(
                script =>
                {
                    RolloutWalk walk = SegmentPlans.Walk(order: SegmentOrder.Independent).Prepared();
                    foreach ((RolloutCommand command, bool commits) in script)
                    {
                        Step(walk, command, commits);
                    }

                    ToTheEnd(walk);
                    Assert.Equal(RolloutStatus.Succeeded, walk.State.Status);
                },
                iter: 2_000
            );

    private static void ToTheEnd(RolloutWalk walk)
    {
        for (int i = 0; i < 200 && walk.State.Open; i++)
        {
            walk.Do(new RolloutCommand.Agreed([]));
            walk.Do(new RolloutCommand.Resume("bob"));
            walk.Do(new RolloutCommand.Retry("bob"));
            foreach (string segment in (string[])["internal", "beta"])
            {
                walk.Do(new RolloutCommand.Readmit(segment, "bob"));
                walk.Do(new RolloutCommand.Resume("bob") { Segment = segment });
                walk.Do(new RolloutCommand.Judged(new(Outcome.Promote, ["safe"], [])) { Segment = segment });
            }

            Step(walk, new RolloutCommand.Judged(new(Outcome.Promote, ["safe"], [])), commits: true);
            Step(walk, new RolloutCommand.Tick(), commits: true);
        }
    }

    [Theory]
    [InlineData(SegmentOrder.Listed)]
    [InlineData(SegmentOrder.Independent)]
    public void The_state_is_the_fold_of_its_events(SegmentOrder order)
    {
        Gen.Select(Any, Gen.Bool)
            .Array[1, 60]
            .Sample(
                script =>
                {
                    RolloutWalk walk = SegmentPlans.Walk(order: order).Prepared();
                    foreach ((RolloutCommand command, bool commits) in script)
                    {
                        Step(walk, command, commits);
                    }

                    RolloutState folded = walk.Events.Aggregate((RolloutState?)null, Evolver.Evolve)!;
                    Assert.Equivalent(walk.State, folded);
                    Assert.Equal(walk.Effects, Effects.Of(folded));
                    Assert.True(
                        walk.State.Status != RolloutStatus.Succeeded || walk.State.TakenBack.Count == 0,
                        "a rollout does not end while a segment is left behind"
                    );
                },
                iter: 2_000
            );
    }

    // A move's answer may be lost: it is in force, and the rollout decides on without knowing.
    private static void Check(
        SegmentOrder order,
        Gen<RolloutCommand> commands,
        Action<string, RolloutState> movedBack
    ) =>
        Gen.Select(commands, Gen.Bool, Gen.Bool)
            .Array[1, 60]
            .Sample(
                script =>
                {
                    RolloutWalk walk = SegmentPlans.Walk(order: order).Prepared();
                    var inForce = Routing.Only("price", "v1");
                    foreach ((RolloutCommand command, bool commits, bool heard) in script)
                    {
                        RolloutState before = walk.State;
                        RolloutEffect.Move? move = walk.Effects.OfType<RolloutEffect.Move>().SingleOrDefault();
                        if (!commits || move is null)
                        {
                            walk.Do(command);
                            continue;
                        }

                        Routing next = move.Target.RoutingFor(before, inForce);
                        foreach (string tenant in Tenants)
                        {
                            Compare(inForce, next, tenant, () => movedBack(tenant, before));
                        }

                        inForce = next;
                        if (heard)
                        {
                            walk.Move(move.Target.Reached(next));
                        }
                    }
                },
                iter: 3_000
            );

    private static void Compare(Routing before, Routing after, string tenant, Action movedBack)
    {
        var attributes = new Dictionary<string, string> { ["tenant"] = tenant };
        for (int i = 0; i < 20; i++)
        {
            bool was = Assignment.Assign(before, $"c-{i}", attributes).Release == "v2";
            bool stays = Assignment.Assign(after, $"c-{i}", attributes).Release == "v2";
            if (was && !stays)
            {
                movedBack();
            }
        }
    }

    private static MoveTarget? Step(RolloutWalk walk, RolloutCommand command, bool commits)
    {
        RolloutEffect.Move? move = commits ? walk.Effects.OfType<RolloutEffect.Move>().SingleOrDefault() : null;
        if (move is null)
        {
            walk.Do(command);
            return null;
        }

        walk.Move();
        return move.Target;
    }
}
