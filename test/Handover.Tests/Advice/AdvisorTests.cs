using Handover.Core.Advice;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Rollouts;
using Xunit;
using AdviceOf = Handover.Core.Advice.Advice;

namespace Handover.Tests.Advice;

/// <summary>What the advice says: reasons, refusals, plan, cost and duration.</summary>
public sealed class AdvisorTests
{
    private static readonly AdviceQuestions Sure = new()
    {
        Confidence = Confidence.High,
        Difference = ChangeKind.Retrained,
        Interruption = Interruption.Seconds,
        Maturity = Maturity.OnCall,
        BlastRadius = BlastRadius.UsersMayDiffer,
    };

    [Fact]
    public void A_held_out_result_answers_the_question_of_confidence_and_says_so()
    {
        AdviceOf advice = Advisor.Advise(
            Sure with
            {
                Confidence = null,
            },
            new MeasuredFacts { Holdout = new Holdout("mae", 323, 462, true) }
        );
        Assert.Equal(Strategy.Parallel, advice.Strategy);
        Assert.Contains(
            "confidence: high, not asked: held-out mae is 323 against 462 of the baseline.",
            advice.Resolved.Sources
        );
    }

    [Fact]
    public void Hope_against_a_worse_held_out_result_does_not_count()
    {
        AdviceOf advice = Advisor.Advise(Sure, new MeasuredFacts { Holdout = new Holdout("mae", 500, 462, true) });
        Assert.Equal(Strategy.Flag, advice.Strategy);
        Assert.Contains("answered high, but held-out mae is 500", advice.Resolved.Sources[0]);
        Assert.Contains("confidence is low", advice.Reasons[0]);
    }

    [Fact]
    public void Memory_for_one_stack_refuses_parallel_and_flag_and_leaves_a_single_stack_cutover()
    {
        MeasuredFacts tight = new()
        {
            StableMemoryBytes = 600 << 20,
            CandidateMemoryBytes = 600 << 20,
            MemoryForReleasesBytes = 1 << 30,
        };
        AdviceOf advice = Advisor.Advise(Sure, tight);
        Assert.Equal(Strategy.Cutover, advice.Strategy);
        Assert.True(advice.SingleStack);
        Assert.Equal([Strategy.Parallel, Strategy.Flag], advice.Refusals.Select(r => r.Strategy));
        Assert.Contains(
            "stable takes 600 MiB, the candidate 600 MiB, and 1024 MiB are there (measured)",
            advice.Refusals[0].Reason
        );
        Assert.Equal(0, Costed(tight, Sure).Cost!.Extra);

        AdviceOf none = Advisor.Advise(Sure with { Interruption = Interruption.None }, tight);
        Assert.Null(none.Strategy);
        Assert.Empty(none.Phases);
        Assert.Contains("no interruption is tolerable", none.Refusals[^1].Reason);
    }

    [Fact]
    public void A_broken_contract_refuses_what_interleaves_with_the_contracts_own_words()
    {
        var matrix = new ContractMatrix
        {
            Verdicts =
            [
                new ContractVerdict(
                    "quote-engine",
                    "/outputs/price/unit",
                    ContractRule.Unit,
                    "USD",
                    "cent",
                    ContractOutcome.Breaks,
                    "release v2 breaks quote-engine."
                )
                {
                    Fix = "emit USD",
                    Release = "v2",
                },
            ],
        };
        AdviceOf advice = Advisor.Advise(Sure, new MeasuredFacts { Contracts = matrix, Candidate = "v2" });
        Assert.Equal(Strategy.Cutover, advice.Strategy);
        Assert.All(advice.Refusals, r => Assert.Contains("release v2 breaks quote-engine.", r.Reason));
        Assert.All(advice.Refusals, r => Assert.Equal("emit USD", r.Fix));
        Assert.Contains(advice.Notes, n => n.Contains("verify refuses the rollout"));
        Assert.Equal(
            Strategy.Parallel,
            Advisor.Advise(Sure, new MeasuredFacts { Contracts = matrix, Candidate = "v3" }).Strategy
        );
    }

    [Fact]
    public void Consistency_asks_for_a_cutover_and_low_confidence_outranks_it()
    {
        AdviceQuestions fraud = Sure with { BlastRadius = BlastRadius.ConsistencyMatters };
        Assert.Equal(Strategy.Cutover, Advisor.Advise(fraud, MeasuredFacts.None).Strategy);
        Assert.Equal(
            Strategy.Flag,
            Advisor.Advise(fraud with { Confidence = Confidence.Low }, MeasuredFacts.None).Strategy
        );
        Assert.Equal(
            Strategy.Flag,
            Advisor.Advise(fraud with { Difference = ChangeKind.Architecture }, MeasuredFacts.None).Strategy
        );
    }

    [Fact]
    public void The_duration_follows_traffic_and_the_cost_follows_the_duration()
    {
        // At 100 requests/s the 1 % shift waits 1,000 s for its 1,000 requests; 5 % and above are bounded by 5 min
        // each.
        AdviceOf advice = Costed(new MeasuredFacts { RequestsPerSecond = 100 }, Sure);
        Assert.Equal(TimeSpan.FromSeconds(1000 + (5 * 300) + 3600), advice.Duration!.Total);
        Assert.True(advice.Duration.Exact);
        Assert.Equal(new AdviceCost(Math.Round(8000m * 6100 / 86400, 2), 6000m, "USD"), advice.Cost);
        Assert.False(Costed(MeasuredFacts.None, Sure).Duration!.Exact);
        Assert.Null(
            Advisor
                .Advise(
                    Sure,
                    new MeasuredFacts
                    {
                        CandidateCostPerDay = new Cost(1, "USD"),
                        StableCostPerDay = new Cost(1, "EUR"),
                    }
                )
                .Cost
        );
    }

    [Fact]
    public void A_trickle_of_traffic_does_not_overflow_the_forecast() =>
        Assert.Equal(
            TimeSpan.FromDays(365),
            Costed(new MeasuredFacts { RequestsPerSecond = 1e-12 }, Sure).Duration!.Total
        );

    [Theory]
    [InlineData(Strategy.Parallel, "verify start warm shift shift shift shift shift shift bake retire", true)]
    [InlineData(Strategy.Cutover, "verify start warm switch bake retire", false)]
    [InlineData(
        Strategy.Flag,
        "verify start warm shadow shift shift shift shift shift shift shift shift bake retire",
        true
    )]
    public void The_lists_of_phases_are_those_of_the_documentation(Strategy strategy, string kinds, bool interleaves)
    {
        IReadOnlyList<Phase> phases = StrategyPhases.For(strategy, PhaseTimes.Default, ["internal", "beta"]);
        Assert.Equal(kinds.Split(' '), phases.Select(p => p.Kind));
        Assert.Equal(interleaves, StrategyPhases.Interleaves(phases));
        double[] shares =
        [
            .. phases.OfType<Phase.Shift>().Where(s => s.Segment is null).Select(s => s.Share.Ratio.Value * 100),
        ];
        Assert.Equal(strategy == Strategy.Cutover ? [] : [1, 5, 10, 25, 50, 100], shares);
        Assert.Equal(
            strategy == Strategy.Flag ? ["internal", "beta"] : [],
            phases.OfType<Phase.Shift>().Where(s => s.Segment is not null).Select(s => s.Segment)
        );
    }

    private static AdviceOf Costed(MeasuredFacts facts, AdviceQuestions answers) =>
        Advisor.Advise(
            answers,
            facts with
            {
                CandidateCostPerDay = new Cost(8000, "USD"),
                StableCostPerDay = new Cost(6000, "USD"),
            }
        );
}
