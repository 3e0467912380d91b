using Handover.Core.Catalog;
using Handover.Core.Evidence;
using Handover.Core.Foundation;
using Handover.Core.Gates;
using Handover.Tests.Evidence;
using Xunit;

namespace Handover.Tests.Gates;

/// <summary>
/// Decisions that flip at a threshold: healthy candidates are seldom rolled back for them, sick ones soon are, and raw
/// divergence alone decides nothing.
/// </summary>
public sealed class FlipGateTests
{
    private const int Triples = 50;
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0.00, 0.02, 0.02, 0.0)]
    [InlineData(0.01, 0.03, 0.02, 0.0)]
    [InlineData(0.01, 0.01, 0.00, 0.0)]
    [InlineData(0.01, 0.21, 0.20, 0.1)]
    public void A_candidate_within_the_margin_is_rolled_back_no_more_often_than_alpha(
        double margin,
        double candidate,
        double itself,
        double both
    )
    {
        var streams = new Streams(17);
        const int Runs = 400;
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            GateBook book = Book(margin);
            alarms += Alarm(book, streams, candidate, itself, both, ticks: 40) is null ? 0 : 1;
        }

        // Three standard errors above 5 %.
        Assert.InRange(alarms, 0, (int)(Runs * (0.05 + (3 * Math.Sqrt(0.05 * 0.95 / Runs)))));
    }

    [Theory]
    [InlineData(0.00, 0.05, 0.02, 2_500)]
    [InlineData(0.01, 0.05, 0.00, 1_500)]
    [InlineData(0.01, 0.60, 0.30, 300)]
    public void A_candidate_beyond_the_margin_is_rolled_back(double margin, double candidate, double itself, int soon)
    {
        var streams = new Streams(18);
        int[] needed =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(_ => Alarm(Book(margin), streams, candidate, itself, 0, ticks: 400) ?? int.MaxValue),
        ];
        Assert.True(needed.All(n => n < int.MaxValue), "every one of them is found");
        Assert.InRange(needed.Average(), Triples, soon);
    }

    [Fact]
    public void The_verdict_names_the_flips_and_raw_divergence_alone_decides_nothing()
    {
        GateBook book = Book(0.005);
        Feed(book, 40, new PairTick("divergence", Triples, 0, Triples), Flips(0, 0));
        Verdict calm = book.Judge(Input());
        Assert.Equal(Outcome.Promote, calm.Outcome);
        Assert.Contains(
            calm.Gates,
            g => g.Name == "divergence" && g.Detail.StartsWith("100%", StringComparison.Ordinal)
        );

        Feed(book, 40, Flips(5, 1));
        Verdict verdict = book.Judge(Input());
        Assert.Equal((Outcome.RollBack, "flips"), (verdict.Outcome, verdict.Culprit));
        Assert.Contains(
            "v2 is sick in flips: it decides otherwise than v1 beyond its noise, only the candidate decides otherwise "
                + "in 200 of 4,000 requests that were asked three times, only stable's second answer in 40",
            verdict.Reasons[0],
            StringComparison.Ordinal
        );
        GateReading gate = verdict.Gates.Single(g => g.Name == "flips");
        Assert.True(gate.LogEvidence >= gate.Threshold);
    }

    [Fact]
    public void Flips_that_only_hold_wait_for_a_person()
    {
        GateBook book = GateBook.Start(Setup(0, hold: true));
        Feed(book, 40, Flips(5, 0));
        Verdict verdict = book.Judge(Input());
        Assert.Equal(Outcome.Hold, verdict.Outcome);
        Assert.Contains("flips is worse on v2", verdict.Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_proof_needs_requests_that_were_asked_three_times_and_stays_after_the_shadow_phase()
    {
        GateSetup setup = Setup(0.02);
        setup = setup with { Plan = setup.Plan with { Promote = PromotionRule.Proof, Metrics = [Gate(0.02)] } };
        GateBook book = GateBook.Start(setup);
        Verdict early = book.Judge(Input());
        Assert.Equal(Outcome.Hold, early.Outcome);
        Assert.Contains("redraw", early.Reasons[0], StringComparison.Ordinal);
        Feed(book, 40, Flips(0, 0));
        Assert.Equal(Outcome.Promote, book.Judge(Input()).Outcome);
        Assert.Equal(Outcome.Promote, book.Judge(Input() with { Phase = JudgedPhase.Shift }).Outcome);
    }

    [Fact]
    public void What_is_saved_goes_on_and_other_rules_of_comparison_are_another_plan()
    {
        GateSetup setup = Setup(0.01);
        GateBook book = GateBook.Start(setup);
        Feed(book, 3, Flips(1, 1));
        string saved = book.Save();
        Assert.Equal(saved, GateBook.Load(setup, saved).Value.Save());
        GateSetup other = setup with { Comparison = "0123456789abcdef" };
        Assert.NotEqual(book.ConfigHash, GateBook.Start(other).ConfigHash);
        Assert.Equal("evidence-of-another-plan", GateBook.Load(other, saved).Problems[0].Code);
    }

    /// <summary>Requests until the alarm; null when there was none.</summary>
    private static int? Alarm(GateBook book, Streams streams, double candidate, double itself, double both, int ticks)
    {
        for (int t = 1; t <= ticks; t++)
        {
            long together = streams.Binomial(Triples, both);
            long mine = Only(candidate);
            Feed(book, 1, Flips(mine, Math.Min(Only(itself), Triples - together - mine), together));
            if (book.Harm >= Math.Log(20))
            {
                return t * Triples;
            }

            long Only(double rate) =>
                Math.Min(Triples - together, streams.Binomial(Triples - together, (rate - both) / (1 - both)));
        }

        return null;
    }

    private static PairTick Flips(long candidate, long itself, long both = 0) =>
        new(MetricGate.Flips, candidate, itself, Triples) { BothBad = both };

    private static void Feed(GateBook book, int ticks, params PairTick[] pairs)
    {
        for (int t = 0; t < ticks; t++)
        {
            book.Observe(new Tick(Start.AddSeconds(book.Ticks + 1), Share.None, 0, Triples, []) { Pairs = pairs });
        }
    }

    private static GateBook Book(double margin) => GateBook.Start(Setup(margin));

    private static MetricGate Gate(double margin) => new(MetricGate.Flips, new Ratio(margin)) { Critical = true };

    private static GateSetup Setup(double margin, bool hold = false) =>
        new(
            new GatePlan
            {
                Metrics = [new MetricGate("errors", new Ratio(0.2)), Gate(margin) with { HoldOnly = hold }],
            },
            new Objectives(),
            RestartPlan.Over(Start, TimeSpan.FromMinutes(10))
        )
        {
            Shadows = true,
        };

    private static JudgeInput Input() =>
        new(JudgedPhase.Shadow, Start.AddMinutes(10), Share.None, "v1", "v2") { ShadowPairs = 4_000 };
}
