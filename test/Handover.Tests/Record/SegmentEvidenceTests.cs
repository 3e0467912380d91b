using Handover.Control.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Core.Rollouts;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Record;

/// <summary>The evidence of a segment that may go back alone shares nothing with the others'.</summary>
public sealed class SegmentEvidenceTests
{
    [Fact]
    public void Harm_in_one_segment_is_told_of_it_alone_and_survives_a_crash()
    {
        using EvidenceWorld world = World();
        var next = 0;
        for (int second = 0; second < 60 && world.Collector.Harmed(world.State).Count == 0; second++)
        {
            if (second == 5)
            {
                world.Restart();
            }

            Second(world, ref next, sick: "beta");
        }

        Assert.Equal(["beta"], world.Collector.Harmed(world.State).Select(h => h.Segment));
        IReadOnlyDictionary<string, Verdict> alone = world.Collector.Alone(world.State);
        Assert.Equal(Outcome.RollBack, alone["beta"].Outcome);
        Assert.NotEqual(Outcome.RollBack, alone["internal"].Outcome);
        Assert.NotEqual(Outcome.RollBack, Second(world, ref next, sick: "beta")?.Outcome);

        SegmentTally beta = world.Collector.Seen(world.State)["beta"];
        Assert.True(beta.CandidateBad > 0 && beta.CandidateBad == beta.CandidateRequests, $"{beta}");
        Assert.True(beta.StableRequests > 0 && beta.StableBad == 0, $"{beta}");
        Assert.True(world.Collector.Seen(world.State)["internal"] is { CandidateRequests: > 0, CandidateBad: 0 });

        RolloutState ended = world.State with { EndedAt = world.Clock.GetUtcNow() };
        world.Collector.End(ended);
        world.Collector.End(ended);
        Assert.Equal(beta, world.Collector.Seen(ended)["beta"]);
        Assert.Equal(Outcome.RollBack, world.Collector.Alone(ended)["beta"].Outcome);
    }

    [Fact]
    public void Harm_outside_the_segments_takes_everything_back()
    {
        using EvidenceWorld world = World();
        var next = 0;
        Verdict? verdict = null;
        for (int second = 0; second < 60 && verdict?.Outcome != Outcome.RollBack; second++)
        {
            verdict = Second(world, ref next, sick: null);
        }

        Assert.Equal(Outcome.RollBack, verdict?.Outcome);
        Assert.Empty(world.Collector.Harmed(world.State));
    }

    [Fact]
    public void A_segment_that_a_person_brought_in_again_is_evidence_of_everybody()
    {
        using EvidenceWorld world = World();
        world.State = world.State with { Readmitted = ["beta"] };
        world.Restart();
        var next = 0;
        Verdict? verdict = null;
        for (int second = 0; second < 60 && verdict?.Outcome != Outcome.RollBack; second++)
        {
            verdict = Second(world, ref next, sick: "beta");
        }

        Assert.Equal(Outcome.RollBack, verdict?.Outcome);
        Assert.Empty(world.Collector.Harmed(world.State));
    }

    [Fact]
    public void Alpha_is_parted_among_the_books_so_that_the_whole_keeps_its_bound()
    {
        using EvidenceWorld world = World();
        double all = world.State.Plan.Gates.Alpha.Value;
        GateSetup main = RolloutEvidence.SetupOf(world.State, world.Service);
        GateSetup beta = RolloutEvidence.SetupOf(world.State, world.Service, "beta");
        Assert.Equal(all / 3, main.Plan.Alpha.Value, 12);
        Assert.Equal(all / 3, beta.Plan.Alpha.Value, 12);
        RolloutState plain = world.State with { Plan = world.State.Plan with { Paces = [] } };
        Assert.Equal(all, RolloutEvidence.SetupOf(plain, world.Service).Plan.Alpha.Value);
    }

    private static EvidenceWorld World()
    {
        var world = new EvidenceWorld();
        world.State = world.State with
        {
            Share = Share.FromPercent(50),
            SegmentShares = new Dictionary<string, Share>
            {
                ["internal"] = Share.FromPercent(50),
                ["beta"] = Share.FromPercent(50),
            },
            Plan = world.State.Plan with
            {
                Paces =
                [
                    new Pace("internal") { WhenHarmed = WhenHarmed.Segment },
                    new Pace("beta") { WhenHarmed = WhenHarmed.Segment },
                ],
            },
        };
        world.Restart();
        return world;
    }

    // Half are drawn; those of the sick segment (null: of no segment) always fail on the candidate.
    private static Verdict? Second(EvidenceWorld world, ref int next, string? sick)
    {
        string?[] segments = ["internal", "beta", null];
        for (int i = 0; i < 60; i++, next++)
        {
            string? segment = segments[next % 3];
            string entity = $"c-{next}";
            bool candidate = Assignment.Bucket("p", entity) < Share.FromPercent(50).Parts;
            bool fails = candidate && segment == sick;
            world.Collector.Record(
                Exchanges.One(next, candidate ? "v2" : "v1") with
                {
                    Entity = entity,
                    Segment = segment,
                    At = world.Clock.GetUtcNow(),
                    Reason = candidate ? AssignReason.Segment : AssignReason.Stable,
                    CandidateShare = Share.FromPercent(50),
                    Outcome = fails ? ExchangeOutcome.ModelError : ExchangeOutcome.Ok,
                }
            );
        }

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        return world.Collector.Judge(world.State, world.Clock.GetUtcNow()).SingleOrDefault()?.Verdict;
    }
}
