using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Tests.Evidence;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>After a switch stable's past may hold for a person, and never rolls back.</summary>
public sealed class FrozenReferenceTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_candidate_that_is_worse_than_stable_was_holds_for_a_person()
    {
        GateBook book = Book();
        Feed(book, 1, 60, Share.None, bad: 1, units: 200);
        Feed(book, 100, 60, Share.All, bad: 8, units: 200);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("errors is worse than v1 was before the switch: now 4% of 12,000", verdict.Reasons[0]);
        Assert.Contains("then 0.5% of 12,000", verdict.Reasons[0]);
        Assert.Null(verdict.Culprit);
        Assert.Equal(Outcome.Promote, book.Judge(Input() with { Phase = JudgedPhase.Shift }).Outcome);
        GateBook again = GateBook.Load(book.Setup, book.Save()).Value;
        Assert.Equal(verdict.Reasons, again.Judge(Input()).Reasons);
    }

    [Fact]
    public void A_candidate_as_good_as_stable_was_finishes()
    {
        GateBook book = Book();
        Feed(book, 1, 60, Share.None, bad: 1, units: 200);
        Feed(book, 100, 600, Share.All, bad: 1, units: 200);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void Too_few_answers_of_stable_are_no_reference()
    {
        GateBook book = Book();
        Feed(book, 1, 1, Share.None, bad: 1, units: 999);
        Feed(book, 100, 60, Share.All, bad: 8, units: 200);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void A_segment_that_the_candidate_has_wholly_is_not_everybody()
    {
        // Stable serves the others all the time; afterwards everybody is switched, and is fine.
        GateBook book = Book();
        for (int t = 1; t <= 60; t++)
        {
            Feed(book, t, 1, Share.None, bad: 1, units: 200);
            Feed(book, t, 1, Share.All, bad: 8, units: 200);
        }

        Feed(book, 61, 60, Share.All, bad: 1, units: 200);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void The_limit_is_the_upper_end_of_stables_interval_times_the_margin()
    {
        // Wilson's interval for 5 of 1,000 and for none, from an independent calculator.
        Assert.Equal(0.0116510, FrozenReference.Upper(5, 1_000), 1e-6);
        Assert.Equal(0.0038267, FrozenReference.Upper(0, 1_000), 1e-6);
        var reference = new FrozenReference(0.2, new RestartPlan(Start, TimeSpan.FromMinutes(1), 0));
        reference.Observe(Start, 0, 10, (5, 1_000));
        Assert.Equal(1.2 * 0.0116510, reference.Limit, 1e-6);
        reference.Observe(Start, 0, 10, (500, 1_000));
        Assert.Equal(1.2 * 0.0116510, reference.Limit, 1e-6);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public void Equal_releases_are_seldom_held()
    {
        var streams = new Streams(62);
        int held = 0;
        for (int run = 0; run < 1_000; run++)
        {
            var reference = new FrozenReference(0, new RestartPlan(Start, TimeSpan.FromMinutes(1), 0));
            (long, long) before = (streams.Poisson(20), 2_000);
            bool alarm = false;
            for (int t = 1; t <= 60 && !alarm; t++)
            {
                reference.Observe(Start.AddSeconds(t), streams.Poisson(2), 200, before);
                alarm = reference.LogEvidence >= Math.Log(20);
            }

            held += alarm ? 1 : 0;
        }

        // At the upper end itself 5 % would be allowed; stable's own luck makes the sum of both at most 7.5 %.
        Assert.InRange(held, 0, 50);
    }

    private static GateBook Book() =>
        GateBook.Start(
            new GateSetup(
                new GatePlan { Metrics = [new MetricGate("errors", new Ratio(0.2)) { Critical = true }] },
                new Objectives(),
                RestartPlan.Over(Start, TimeSpan.FromMinutes(5))
            )
        );

    private static void Feed(GateBook book, int from, int ticks, Share share, long bad, long units)
    {
        bool all = share == Share.All;
        for (int t = from; t < from + ticks; t++)
        {
            var errors = new MetricTick("errors", 0, all ? bad : 0, all ? 0 : bad, all ? units : 0, all ? 0 : units);
            book.Observe(new Tick(Start.AddSeconds(t), share, all ? units : 0, all ? 0 : units, [errors]));
        }
    }

    private static JudgeInput Input() => new(JudgedPhase.Bake, Start.AddMinutes(9), Share.All, "v1", "v2");
}
