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

    [Fact]
    public void A_service_that_never_fails_promotes_at_the_least_time_and_requests()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 60, share: 10, candidateBad: 0, stableBad: 0);
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
        Assert.Equal(
            Outcome.Hold,
            book.Judge(Input() with { PhaseElapsed = TimeSpan.FromMinutes(4) }).Outcome
        );
        Assert.Equal(Outcome.Hold, book.Judge(Input() with { PhaseRequests = 999 }).Outcome);
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
    }

    [Fact]
    public void A_missing_metric_holds_and_says_which()
    {
        GateBook book = Book(new GatePlan());
        Feed(book, ticks: 60, share: 10, candidateBad: 0, stableBad: 0);
        Verdict verdict = book.Judge(Input() with { Missing = [new("latency", "fewer than 1,000 answers of v1")] });
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("latency is missing", verdict.Reasons[0]);
    }

    private static GateBook Book(GatePlan plan, Objectives? objectives = null) =>
        GateBook.Start(
            new GateSetup(plan, objectives ?? new Objectives(), RestartPlan.Over(Start, TimeSpan.FromMinutes(50)))
        );

    private static void Feed(GateBook book, int ticks, double share, long candidateBad, long stableBad)
    {
        for (int t = 1; t <= ticks; t++)
        {
            book.Observe(
                new Tick(
                    Start.AddSeconds(5 * t),
                    Share.FromPercent(share),
                    50,
                    450,
                    [new MetricTick("errors", 0, candidateBad, stableBad, 50, 450)]
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
