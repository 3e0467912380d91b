using Handover.Simulation;
using Xunit;

namespace Handover.Tests.Moves;

/// <summary>
/// The simulation in small: sound seeds are sound, the same seed is the same run, and every known bug is caught.
/// </summary>
public sealed class MoveSimulationTests
{
    public static TheoryData<string> KnownBugs => [.. Mutations.Names.Where(n => n != "none")];

    [Fact]
    public void Three_hundred_worlds_keep_every_invariant_and_meet_the_rare_states()
    {
        SimSummary summary = SimRunner.Run(
            new SimOptions
            {
                Seeds = 300,
                From = 500_000,
                Threads = 1,
            }
        );
        Assert.Empty(summary.Violations);
        Assert.True(summary.Counters[SimEvent.Commits] > 1_000, "moves commit");
        Assert.Equal(
            [],
            summary.Counters.Unmet.Except([SimEvent.WishesOutlivingDeath]) // Rare; the 20,000 seeds of CI must meet it.
        );
    }

    [Fact]
    public void The_same_seed_is_the_same_run_on_any_number_of_threads()
    {
        SimSummary one = SimRunner.Run(new SimOptions { Seeds = 20, Threads = 1 });
        SimSummary two = SimRunner.Run(new SimOptions { Seeds = 20, Threads = 2 });
        Assert.Equal(one.Counters.Digest, two.Counters.Digest);
        Assert.NotEqual(one.Counters.Digest, SimRunner.Run(new SimOptions { Seeds = 20, From = 2 }).Counters.Digest);
    }

    [Theory]
    [MemberData(nameof(KnownBugs))]
    public void Every_known_bug_is_caught(string mutation) =>
        Assert.NotNull(SimRunner.FirstCatch(Mutations.Find(mutation)!, from: 1, seeds: 1_000));
}
