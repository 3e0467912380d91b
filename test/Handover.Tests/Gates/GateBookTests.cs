using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>The promises of interfaces.md, "What promotes, what rolls back", one test each.</summary>
public sealed class GateBookTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly GatePlan ErrorsOnly = new()
    {
        Metrics = [new MetricGate("errors", new Ratio(0.2)) { Critical = true }],
    };

    [Fact]
    public void A_service_that_never_fails_promotes_at_the_least_time_and_requests()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 60, share: 10, candidateBad: 0, stableBad: 0);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
        Verdict early = book.Judge(Input() with { PhaseElapsed = TimeSpan.FromMinutes(4) });
        Assert.Equal(Outcome.Hold, early.Outcome);
        Assert.Contains("1 min 0 s more", early.Reasons[0]);
        Verdict few = book.Judge(Input() with { PhaseRequests = 999 });
        Assert.Equal(Outcome.Hold, few.Outcome);
        Assert.Contains("999 of at least 1,000 requests", few.Reasons[0]);
        Assert.Equal(1, few.Gates[0].NeedsMore);
    }

    [Fact]
    public void A_flaky_candidate_is_rolled_back_and_named()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 12, share: 10, candidateBad: 2, stableBad: 1);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Assert.Equal("errors", verdict.Culprit);
        Assert.Equal("v2", verdict.SickRelease);
        Assert.Contains("v2 is sick in errors", verdict.Reasons[0]);
        Assert.Contains("candidate 4% of 600, stable 0.222% of 5,400", verdict.Reasons[0]);
        Assert.Equal(Outcome.RollBack, verdict.Gates.Single(g => g.Name == "errors").Outcome);
    }

    [Fact]
    public void Equal_releases_are_not_rolled_back_however_bad_both_are()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 200, share: 10, candidateBad: 5, stableBad: 45);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void A_missing_metric_holds_and_says_which()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 60, share: 10, candidateBad: 0, stableBad: 0);
        Verdict verdict = book.Judge(Input() with { Missing = [new("latency", "fewer than 1,000 answers of v1")] });
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("latency is missing: fewer than 1,000 answers of v1", verdict.Reasons[0]);
    }

    [Fact]
    public void Harm_outranks_a_missing_metric_and_a_proof()
    {
        GateBook book = Book(ErrorsOnly with { Promote = PromotionRule.Proof });
        Feed(book, ticks: 40, share: 10, candidateBad: 2, stableBad: 1);
        Verdict verdict = book.Judge(Input() with { Missing = [new("latency", "no data")] });
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
    }

    [Fact]
    public void A_slow_candidate_is_rolled_back_for_latency()
    {
        GateBook book = Book(new GatePlan());
        for (int t = 1; t <= 24; t++)
        {
            // A fifth of the candidate's answers lie above each threshold of the tail.
            MetricTick[] levels =
            [
                .. Enumerable
                    .Range(0, 6)
                    .Select(j => new MetricTick("latency", j, 10, Math.Max(0, 40 - (8 * j)), 50, 450)),
            ];
            book.Observe(new Tick(Start.AddSeconds(5 * t), Share.FromPercent(10), 50, 450, levels));
        }

        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Assert.Equal("latency", verdict.Culprit);
    }

    [Fact]
    public void At_full_share_a_broken_objective_rolls_back()
    {
        GateBook book = Book(ErrorsOnly, new Objectives { Errors = new Ratio(0.01) });
        Feed(book, ticks: 10, share: 100, candidateBad: 25, stableBad: 0, candidateUnits: 500, stableUnits: 0);
        Verdict verdict = book.Judge(Input() with { Phase = JudgedPhase.Bake, CandidateShare = Share.All });
        Assert.Equal(Outcome.RollBack, verdict.Outcome);
        Assert.Contains("at most 1% allowed", verdict.Reasons[0]);
    }

    [Fact]
    public void At_full_share_without_an_objective_nothing_rolls_back()
    {
        GateBook book = Book(ErrorsOnly);
        Feed(book, ticks: 10, share: 100, candidateBad: 25, stableBad: 0, candidateUnits: 500, stableUnits: 0);
        Assert.Equal(Outcome.Promote, book.Judge(Input() with { Phase = JudgedPhase.Bake }).Outcome);
    }

    [Fact]
    public void An_objective_that_stable_breaks_too_only_holds()
    {
        GateBook book = Book(ErrorsOnly, new Objectives { Errors = new Ratio(0.01) });
        Feed(book, ticks: 60, share: 10, candidateBad: 3, stableBad: 27);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("so does v1", verdict.Reasons[0]);
    }

    [Fact]
    public void An_objective_of_a_metric_that_is_not_watched_still_counts()
    {
        GatePlan lossOnly = new() { Metrics = [new MetricGate("loss", new Ratio(0.05))] };
        GateBook book = Book(lossOnly, new Objectives { Errors = new Ratio(0.01) });
        Feed(book, ticks: 30, share: 100, candidateBad: 25, stableBad: 0, candidateUnits: 500, stableUnits: 0);
        Assert.Equal("errors", book.Judge(Input()).Culprit);
    }

    [Fact]
    public void A_metric_that_only_holds_never_rolls_back()
    {
        GatePlan plan = ErrorsOnly with
        {
            Metrics = [.. ErrorsOnly.Metrics, new MetricGate("predictions", new Ratio(0.25)) { HoldOnly = true }],
        };
        GateBook book = Book(plan);
        for (int t = 1; t <= 60; t++)
        {
            // Class 0 became rarer on the candidate: two-sided gates see that, too.
            MetricTick[] classes = [new("predictions", 0, 2, 225, 50, 450), new("predictions", 1, 48, 225, 50, 450)];
            book.Observe(new Tick(Start.AddSeconds(5 * t), Share.FromPercent(10), 50, 450, classes));
        }

        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("predictions differs between the releases", verdict.Reasons[0]);
    }

    [Fact]
    public void Proof_holds_until_the_objective_is_proven_and_says_how_much_is_missing()
    {
        GatePlan plan = ErrorsOnly with { Promote = PromotionRule.Proof };
        GateBook book = Book(plan, new Objectives { Errors = new Ratio(0.01) });
        Feed(book, ticks: 4, share: 10, candidateBad: 0, stableBad: 0);
        Verdict early = book.Judge(Input());
        Assert.Equal(Outcome.Hold, early.Outcome);
        Assert.Contains("not proven safe yet", early.Reasons[0]);
        Assert.InRange(early.Gates[0].NeedsMore!.Value, 100, 300);
        Feed(book, ticks: 5, share: 10, candidateBad: 0, stableBad: 0);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void Proof_against_stable_needs_no_objective()
    {
        GatePlan plan = new()
        {
            Promote = PromotionRule.Proof,
            Metrics = [new MetricGate("errors", new Ratio(0.5)) { Critical = true }],
        };
        GateBook book = Book(plan);
        Feed(book, ticks: 20, share: 10, candidateBad: 1, stableBad: 9);
        Assert.Equal(Outcome.Hold, book.Judge(Input()).Outcome);
        Feed(book, ticks: 280, share: 10, candidateBad: 1, stableBad: 9);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
    }

    [Fact]
    public void Proof_of_something_that_never_happens_asks_for_an_objective()
    {
        GateBook book = Book(ErrorsOnly with { Promote = PromotionRule.Proof });
        Feed(book, ticks: 600, share: 10, candidateBad: 0, stableBad: 0);
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("set one, or promote by hand", verdict.Reasons[0]);
    }

    [Fact]
    public void A_bad_request_that_is_not_an_entitys_first_still_counts_against_a_proof()
    {
        GatePlan plan = ErrorsOnly with { Promote = PromotionRule.Proof };
        GateBook book = Book(plan, new Objectives { Errors = new Ratio(0.01) });
        var tick = new MetricTick("errors", 0, 0, 0, 1_000, 9_000) { CandidateBadRequests = 200 };
        book.Observe(new Tick(Start.AddSeconds(5), Share.FromPercent(10), 1_000, 9_000, [tick]));
        Assert.Equal(Outcome.Hold, book.Judge(Input()).Outcome);
    }

    private static GateBook Book(GatePlan plan, Objectives? objectives = null) =>
        GateBook.Start(
            new GateSetup(plan, objectives ?? new Objectives(), RestartPlan.Over(Start, TimeSpan.FromMinutes(50)))
        );

    private static void Feed(
        GateBook book,
        int ticks,
        double share,
        long candidateBad,
        long stableBad,
        long candidateUnits = 50,
        long stableUnits = 450
    )
    {
        for (int t = 1; t <= ticks; t++)
        {
            book.Observe(
                new Tick(
                    Start.AddSeconds(5 * t),
                    Share.FromPercent(share),
                    candidateUnits,
                    stableUnits,
                    [new MetricTick("errors", 0, candidateBad, stableBad, candidateUnits, stableUnits)]
                )
            );
        }
    }

    private static JudgeInput Input() =>
        new(JudgedPhase.Shift, Start.AddMinutes(5), Share.FromPercent(10), "v1", "v2")
        {
            PhaseElapsed = TimeSpan.FromMinutes(5),
            PhaseLeastTime = TimeSpan.FromMinutes(5),
            PhaseRequests = 3000,
            PhaseLeastRequests = 1000,
        };
}
