using Handover.Core.Catalog;
using Handover.Core.Foundation;

namespace Handover.Core.Advice;

/// <summary>
/// The five questions after answers and facts were put together. A fact answers a question that nobody answered.
/// Where a person and a fact disagree, the more careful one counts: a person may know more than a number, and a
/// number may know better than hope. What neither answers counts with its most careful value.
/// </summary>
public sealed record ResolvedQuestions
{
    /// <summary>How much better than its baseline, relative, a held-out result must be for high confidence.</summary>
    public static Ratio ClearlyBetter { get; } = new(0.05);

    /// <summary>Confidence in the new model.</summary>
    public required Confidence Confidence { get; init; }

    /// <summary>How different it is.</summary>
    public required ChangeKind Difference { get; init; }

    /// <summary>Tolerable interruption.</summary>
    public required Interruption Interruption { get; init; }

    /// <summary>Maturity of operations.</summary>
    public required Maturity Maturity { get; init; }

    /// <summary>Blast radius.</summary>
    public required BlastRadius BlastRadius { get; init; }

    /// <summary>For each question, one sentence: the value and where it comes from.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Puts answers and facts together.</summary>
    public static ResolvedQuestions From(AdviceQuestions answers, MeasuredFacts facts)
    {
        var sources = new List<string>();
        return new ResolvedQuestions
        {
            Confidence = Resolve(
                "confidence",
                answers.Confidence,
                Measured(facts.Holdout),
                Told(facts.Holdout),
                sources
            ),
            // The larger the difference the more care it needs, so that "more careful" is the larger value here.
            Difference = Invert(
                Resolve(
                    "difference",
                    Invert(answers.Difference),
                    Invert(facts.DeclaredChange),
                    "the release declares it",
                    sources
                )
            ),
            Interruption = Resolve(
                "interruption",
                answers.Interruption,
                Measured(facts.DowntimeAllowed),
                "the service declares its allowed downtime",
                sources
            ),
            Maturity = Resolve<Maturity>("operations", answers.Maturity, null, "", sources),
            BlastRadius = Resolve(
                "blast radius",
                answers.BlastRadius,
                facts.Impact is Impact.High ? BlastRadius.ConsistencyMatters : null,
                "the service declares high impact",
                sources
            ),
            Sources = sources,
        };
    }

    private static Confidence? Measured(Holdout? holdout)
    {
        if (holdout is null || !double.IsFinite(holdout.Value) || !double.IsFinite(holdout.Baseline))
        {
            return null;
        }

        double gain = holdout.LowerIsBetter ? holdout.Baseline - holdout.Value : holdout.Value - holdout.Baseline;
        return gain <= 0 ? Confidence.Low
            : gain >= ClearlyBetter.Value * Math.Abs(holdout.Baseline) ? Confidence.High
            : Confidence.Medium;
    }

    private static Interruption? Measured(TimeSpan? allowed) =>
        allowed switch
        {
            null => null,
            { TotalSeconds: <= 0 } => Interruption.None,
            { TotalMinutes: < 5 } => Interruption.Seconds,
            _ => Interruption.Window,
        };

    private static string Told(Holdout? holdout) =>
        holdout is null
            ? ""
            : FormattableString.Invariant(
                $"held-out {holdout.Metric} is {holdout.Value:R} against {holdout.Baseline:R} of the baseline"
            );

    private static T Resolve<T>(string question, T? answer, T? measured, string how, List<string> sources)
        where T : struct, Enum
    {
        if (answer is null && measured is null)
        {
            T careful = default;
            sources.Add(
                $"{question}: nobody answered and nothing is known, "
                    + $"so the most careful answer counts ({Word(question, careful)})."
            );
            return careful;
        }

        if (answer is { } told && measured is { } known)
        {
            T counts = Comparer<T>.Default.Compare(told, known) <= 0 ? told : known;
            sources.Add(
                Comparer<T>.Default.Compare(told, known) == 0
                    ? $"{question}: {Word(question, told)}, as answered; {how}."
                    : $"{question}: answered {Word(question, told)}, but {how} ({Word(question, known)}); "
                        + $"the more careful one counts, {Word(question, counts)}."
            );
            return counts;
        }

        sources.Add(
            answer is { } only
                ? $"{question}: {Word(question, only)}, as answered."
                : $"{question}: {Word(question, measured!.Value)}, not asked: {how}."
        );
        return answer ?? measured!.Value;
    }

    private static string Word<T>(string question, T value)
        where T : struct, Enum => value is CarefulChange change ? Words(Invert(change)) : Words(value);

    private static string Words<T>(T value)
        where T : struct, Enum =>
        string.Concat(
            value
                .ToString()
                .Select((c, i) => char.IsUpper(c) ? $"{(i > 0 ? " " : "")}{char.ToLowerInvariant(c)}" : $"{c}")
        );

    private static CarefulChange? Invert(ChangeKind? change) =>
        change is { } c ? (CarefulChange)(ChangeKind.Interface - c) : null;

    private static ChangeKind Invert(CarefulChange change) => ChangeKind.Interface - (int)change;

    /// <summary>
    /// <see cref="ChangeKind"/> the other way round, so that careful comes first as in the other questions.
    /// </summary>
    private enum CarefulChange
    {
        Interface,
        Architecture,
        Retrained,
        Tuned,
    }
}
