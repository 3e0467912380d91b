using Handover.Core.Advice;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Rollouts;
using Xunit;
using AdviceOf = Handover.Core.Advice.Advice;

namespace Handover.Tests.Advice;

/// <summary>
/// Every combination of answers, with every combination of facts that can refuse a strategy and with every
/// combination of facts that can replace an answer, against the precedence of product.md written down a second time
/// in the plainest way.
/// </summary>
public sealed class AdvisorTableTests
{
    private const long Gibibyte = 1 << 30;

    private static readonly ContractOutcome?[] Contracts =
    [
        null,
        ContractOutcome.Holds,
        ContractOutcome.Undecided,
        ContractOutcome.Breaks,
    ];

    private static readonly Holdout?[] Holdouts =
    [
        null,
        new("mae", 500, 462, true),
        new("mae", 460, 462, true),
        new("mae", 323, 462, true),
        new("auc", 0.7, 0.9, false),
    ];

    [Fact]
    public void Every_combination_of_answers_and_refusing_facts_follows_the_precedence()
    {
        int seen = 0;
        foreach (AdviceQuestions answers in AllAnswers())
        {
            foreach (MeasuredFacts facts in RefusingFacts())
            {
                Check(answers, facts);
                seen++;
            }
        }

        Assert.Equal(960 * 48, seen);
    }

    [Fact]
    public void Every_combination_of_answers_and_replacing_facts_follows_the_precedence()
    {
        int seen = 0;
        foreach (AdviceQuestions answers in AllAnswers())
        {
            foreach (MeasuredFacts facts in ReplacingFacts())
            {
                Check(answers, facts);
                seen++;
            }
        }

        Assert.Equal(960 * 90, seen);
    }

    private static void Check(AdviceQuestions answers, MeasuredFacts facts)
    {
        AdviceOf advice = Advisor.Advise(answers, facts);
        Strategy? expected = Twin(answers, facts);
        Assert.True(advice.Strategy == expected, $"{answers} with {facts}: {advice.Strategy} instead of {expected}");
        Assert.NotEmpty(advice.Reasons);
        Assert.Equal(5, advice.Resolved.Sources.Count);
        Assert.Equal(advice.Strategy is null, advice.Phases.Count == 0);
        Assert.DoesNotContain(advice.Refusals, r => r.Strategy == advice.Strategy);
        if (advice.Strategy is null)
        {
            Assert.Equal(3, advice.Refusals.Select(r => r.Strategy).Distinct().Count());
        }
    }

    private static Strategy? Twin(AdviceQuestions a, MeasuredFacts f)
    {
        bool twoFit = f.MemoryForReleasesBytes is not { } room || f.StableMemoryBytes + f.CandidateMemoryBytes <= room;
        bool oneFits = f.MemoryForReleasesBytes is not { } all || f.CandidateMemoryBytes <= all;
        bool breaks = f.Contracts?.Outcome == ContractOutcome.Breaks;
        TimeSpan window = Interruption(a, f) switch
        {
            0 => TimeSpan.Zero,
            1 => TimeSpan.FromMinutes(1),
            _ => TimeSpan.FromMinutes(15),
        };
        bool interleave = twoFit && !breaks;
        bool cutover = twoFit || (oneFits && window > TimeSpan.Zero && (f.StartTime ?? TimeSpan.Zero) <= window);
        if ((LowConfidence(a, f) || NewArchitecture(a, f)) && interleave)
        {
            return Strategy.Flag;
        }

        bool consistency =
            a.BlastRadius is null && f.Impact is not Impact.High
            || a.BlastRadius == BlastRadius.ConsistencyMatters
            || f.Impact == Impact.High;
        if (consistency && cutover)
        {
            return Strategy.Cutover;
        }

        return interleave ? Strategy.Parallel
            : cutover ? Strategy.Cutover
            : null;
    }

    private static bool LowConfidence(AdviceQuestions a, MeasuredFacts f)
    {
        bool measuredLow = f.Holdout is { } h && (h.LowerIsBetter ? h.Value >= h.Baseline : h.Value <= h.Baseline);
        return measuredLow || a.Confidence == Confidence.Low || (a.Confidence is null && f.Holdout is null);
    }

    private static bool NewArchitecture(AdviceQuestions a, MeasuredFacts f) =>
        (a.Difference is null && f.DeclaredChange is null)
        || a.Difference is ChangeKind.Architecture or ChangeKind.Interface
        || f.DeclaredChange is ChangeKind.Architecture or ChangeKind.Interface;

    private static int Interruption(AdviceQuestions a, MeasuredFacts f)
    {
        int? told = (int?)a.Interruption;
        int? declared = f.DowntimeAllowed is { } d
            ? (
                d == TimeSpan.Zero ? 0
                : d < TimeSpan.FromMinutes(5) ? 1
                : 2
            )
            : null;
        return told is null && declared is null ? 0 : Math.Min(told ?? 2, declared ?? 2);
    }

    private static IEnumerable<AdviceQuestions> AllAnswers() =>
        from confidence in OrNull<Confidence>()
        from difference in OrNull<ChangeKind>()
        from interruption in OrNull<Interruption>()
        from maturity in OrNull<Maturity>()
        from blast in OrNull<BlastRadius>()
        select new AdviceQuestions
        {
            Confidence = confidence,
            Difference = difference,
            Interruption = interruption,
            Maturity = maturity,
            BlastRadius = blast,
        };

    private static IEnumerable<MeasuredFacts> RefusingFacts() =>
        from memory in (long?[])[null, 4 * Gibibyte, 3 * Gibibyte / 2, Gibibyte / 2]
        from contracts in Contracts
        from start in (TimeSpan?[])[null, TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)]
        select new MeasuredFacts
        {
            StableMemoryBytes = Gibibyte,
            CandidateMemoryBytes = Gibibyte,
            MemoryForReleasesBytes = memory,
            Contracts = Matrix(contracts),
            StartTime = start,
            Candidate = "v2",
        };

    private static IEnumerable<MeasuredFacts> ReplacingFacts() =>
        from holdout in Holdouts
        from change in (ChangeKind?[])[null, ChangeKind.Retrained, ChangeKind.Architecture]
        from impact in (Impact?[])[null, Impact.High]
        from allowed in (TimeSpan?[])[null, TimeSpan.Zero, TimeSpan.FromMinutes(10)]
        select new MeasuredFacts
        {
            Holdout = holdout,
            DeclaredChange = change,
            Impact = impact,
            DowntimeAllowed = allowed,
            StableMemoryBytes = Gibibyte,
            CandidateMemoryBytes = Gibibyte,
            MemoryForReleasesBytes = impact is null ? 3 * Gibibyte / 2 : null,
        };

    private static IEnumerable<T?> OrNull<T>()
        where T : struct, Enum => [null, .. Enum.GetValues<T>().Select(v => (T?)v)];

    private static ContractMatrix? Matrix(ContractOutcome? outcome) =>
        outcome is { } o
            ? new ContractMatrix
            {
                Verdicts =
                [
                    new ContractVerdict("quote-engine", "/outputs/price", ContractRule.Unit, "USD", "EUR", o, "detail.")
                    {
                        Release = "v2",
                    },
                ],
            }
            : null;
}
