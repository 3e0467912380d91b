using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Tests.Evidence;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>Traffic that is not split as configured stops promotions and never blames the model.</summary>
public sealed class SplitGuardTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_broken_split_holds_and_speaks_of_the_routing()
    {
        GateBook book = Book();
        Feed(book, 10, candidate: 180, stable: 820);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("traffic is not split as configured: 180 of 1,000 entities", verdict.Reasons[0]);
        Assert.Contains("100 expected", verdict.Reasons[0]);
        Assert.Contains("not the model", verdict.Reasons[0]);
        Assert.Null(verdict.Culprit);
        Assert.Null(verdict.SickRelease);
        GateReading split = verdict.Gates.Single(g => g.Name == "split");
        Assert.Equal((Outcome.Hold, 1000L), (split.Outcome, split.N));
        Assert.Equal(Math.Log(1000), split.Threshold, 1e-12);
    }

    [Fact]
    public void A_split_as_configured_promotes()
    {
        GateBook book = Book();
        Feed(book, 10, candidate: 104, stable: 896);
        Feed(book, 50, candidate: 260, stable: 240);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void Shares_are_judged_each_by_its_own_probability()
    {
        // Together 300 of 600 are on the candidate, which looks right for neither share alone.
        GateBook book = Book();
        Feed(book, 10, candidate: 100, stable: 200);
        Feed(book, 90, candidate: 200, stable: 100);
        Assert.Contains("not split as configured", book.Judge(Input()).Reasons[0]);
    }

    [Fact]
    public void At_no_and_at_full_share_nothing_is_drawn()
    {
        GateBook book = Book();
        Feed(book, 0, candidate: 0, stable: 5_000);
        Feed(book, 100, candidate: 5_000, stable: 0);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Promote, verdict.Outcome);
        Assert.DoesNotContain(verdict.Gates, g => g.Name == "split");
    }

    [Fact]
    public void One_answer_from_a_release_that_was_not_named_holds()
    {
        GateBook book = Book();
        book.Observe(new Tick(Start.AddSeconds(1), Share.None, 0, 100, []) { Violations = 1 });
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("1 answers came from a release that the routing did not name", verdict.Reasons[0]);
        Assert.Equal(1, GateBook.Load(Setup(), book.Save()).Value.RoutingViolations);
    }

    [Fact]
    public void A_sick_model_is_rolled_back_even_while_the_split_is_broken()
    {
        GateBook book = Book();
        Feed(book, 10, candidate: 300, stable: 700);
        book.Observe(
            new Tick(
                Start.AddSeconds(9),
                Share.FromPercent(10),
                300,
                700,
                [new MetricTick("errors", 0, 60, 1, 300, 700)]
            )
        );
        Assert.Equal(Outcome.RollBack, book.Judge(Input()).Outcome);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Looks_after_every_tick_alarm_falsely_in_at_most_one_rollout_in_a_thousand()
    {
        var streams = new Streams(71);
        int alarms = 0;
        for (int run = 0; run < 3_000; run++)
        {
            long candidate = 0;
            bool alarm = false;
            for (long seen = 25; seen <= 1_500 && !alarm; seen += 25)
            {
                candidate += streams.Binomial(25, 0.1);
                alarm = DirichletMixture.LogEvidence(candidate, seen - candidate, 0.1) >= Math.Log(1000);
            }

            alarms += alarm ? 1 : 0;
        }

        // 3 are expected at most; 10 would come up once in a thousand seeds.
        Assert.InRange(alarms, 0, 9);
    }

    [Fact]
    public void Replay_derives_the_same_verdicts_and_stops_where_ticks_are_missing()
    {
        GateBook book = Book();
        var ticks = new List<Tick>();
        var marks = new List<(long, JudgeInput)>();
        var kept = new List<Verdict>();
        var streams = new Streams(72);
        for (int t = 1; t <= 60; t++)
        {
            var errors = new MetricTick("errors", 0, streams.Poisson(1), streams.Poisson(3), 50, 450);
            ticks.Add(new Tick(Start.AddSeconds(t), Share.FromPercent(10), 50, 450, [errors]) { StableEntities = 9 });
            book.Observe(ticks[^1]);
            marks.Add((t, Input() with { PhaseRequests = t }));
            kept.Add(book.Judge(marks[^1].Item2));
        }

        IReadOnlyList<Verdict?> again = VerdictReplay.Run(Setup(), ticks, marks);
        Assert.Equal(kept.Select(Text), again.Select(v => Text(v!)));
        Assert.Null(VerdictReplay.Run(Setup(), ticks.Take(59), marks)[^1]);
        Assert.NotNull(VerdictReplay.Run(Setup(), ticks.Take(59), marks)[^2]);
    }

    private static string Text(Verdict v) =>
        $"{v.Outcome} {string.Join('|', v.Reasons)} {string.Join('|', v.Gates.Select(g => $"{g} {Bits(g)}"))}";

    private static long Bits(GateReading g) => BitConverter.DoubleToInt64Bits(g.LogEvidence);

    private static void Feed(GateBook book, double percent, long candidate, long stable) =>
        book.Observe(
            new Tick(Start.AddSeconds(5), Share.FromPercent(percent), candidate, stable, [])
            {
                CandidateEntities = candidate,
                StableEntities = stable,
            }
        );

    private static GateBook Book() => GateBook.Start(Setup());

    private static GateSetup Setup() =>
        new(new GatePlan(), new Objectives(), RestartPlan.Over(Start, TimeSpan.FromMinutes(5)));

    private static JudgeInput Input() => new(JudgedPhase.Shift, Start.AddMinutes(5), Share.FromPercent(10), "v1", "v2");
}
