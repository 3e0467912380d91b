using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Payloads;

namespace Handover.Core.Contracts;

/// <summary>
/// Judges the answers that a candidate gave to recorded requests before anybody sees it. It catches a release that lies
/// about itself: one that declares dollars and answers cents keeps datatype and shape, so only its values give it away.
/// <para>
/// Refused are: any answer that breaks the candidate's own declaration (missing output, datatype, shape, a value that
/// is not a number), values outside the declared range in more than <see cref="WarmTolerance.OutOfRange"/> of the
/// answers, and a scale that is off. For the scale, the recorded answers of stable are the measure: the median of
/// |candidate| / |recorded| over at least <see cref="WarmTolerance.LeastPairs"/> values must lie in [1/<see
/// cref="WarmTolerance.Factor"/>, <see cref="WarmTolerance.Factor"/>]. A model that is better, even one that is more
/// than 5 % apart on half of the rows, has a median near 1; cents for dollars have 100. The median does not care
/// about single odd rows.
/// </para>
/// <para>
/// The scale is not judged where it says nothing: outputs that are no floats, outputs declared within [-1, 1]
/// (probabilities and scores may rightly differ by any factor, and a percentage leaves the range), and outputs for
/// which the two releases declare different units or meanings.
/// </para>
/// </summary>
public static class WarmAnswerCheck
{
    private const int MostExamples = 5;

    /// <summary>Judges a warm-up.</summary>
    /// <param name="declared">What the candidate declares.</param>
    /// <param name="stable">What stable declares; null when it declares nothing, which counts as the same.</param>
    /// <param name="answers">The candidate's answers, each with the recorded one where there is one.</param>
    /// <param name="tolerance">Bounds; null for the usual ones.</param>
    public static WarmAnswerReport Judge(
        Signature declared,
        Signature? stable,
        IReadOnlyList<WarmPair> answers,
        WarmTolerance? tolerance = null
    )
    {
        WarmTolerance bounds = tolerance ?? new WarmTolerance();
        var refusals = new List<string>();
        var broken = new Dictionary<(string, ContractRule), (int Count, string First)>();
        foreach (WarmPair pair in answers)
        {
            foreach (AnswerFinding finding in AnswerCheck.Check(pair.Candidate, declared))
            {
                bool finite = finding.Value is not { } value || double.IsFinite(value);
                ContractRule rule = finite ? finding.Rule : ContractRule.Datatype;
                (int count, string first) = broken.GetValueOrDefault((finding.Output, rule), (0, finding.Detail));
                broken[(finding.Output, rule)] = (count + 1, first);
            }
        }

        foreach (((string output, ContractRule rule), (int count, string first)) in broken)
        {
            if (rule != ContractRule.Range || count > bounds.OutOfRange.Value * answers.Count)
            {
                refusals.Add(
                    $"{count} of {answers.Count} answers break the candidate's own declaration of {output}: {first}."
                );
            }
        }

        var scales = new List<OutputScale>();
        foreach (TensorSpec spec in declared.Tensors.Where(s => ScaleSaysSomething(s, stable)))
        {
            if (Scale(spec, answers, bounds) is { } scale)
            {
                scales.Add(scale);
                if (scale.Off)
                {
                    refusals.Add(scale.ToString());
                }
            }
        }

        return new WarmAnswerReport(answers.Count, [.. refusals.Take(MostExamples)], scales);
    }

    private static bool ScaleSaysSomething(TensorSpec spec, Signature? stable)
    {
        if (!Datatypes.IsFloat(spec.Datatype) || spec.Range is { Min: >= -1, Max: <= 1 })
        {
            return false;
        }

        TensorSpec? before = stable?.Tensors.FirstOrDefault(t =>
            string.Equals(t.Name, spec.Name, StringComparison.Ordinal)
        );
        return before is null
            || (
                string.Equals(before.Unit, spec.Unit, StringComparison.Ordinal)
                && SameMeaning(before.Semantics, spec.Semantics)
            );
    }

    private static bool SameMeaning(string? before, string? now)
    {
        if (before is null || now is null)
        {
            return true;
        }

        SemanticsVersion a = SemanticsVersion.Parse(before);
        SemanticsVersion b = SemanticsVersion.Parse(now);
        return string.Equals(a.Id, b.Id, StringComparison.Ordinal) && a.Major == b.Major;
    }

    private static OutputScale? Scale(TensorSpec spec, IReadOnlyList<WarmPair> answers, WarmTolerance bounds)
    {
        var ratios = new List<double>();
        foreach (WarmPair pair in answers)
        {
            if (
                pair.Candidate.Find(spec.Name) is not { IsText: false } candidate
                || pair.Recorded?.Find(spec.Name) is not { IsText: false } recorded
                || candidate.Count != recorded.Count
            )
            {
                continue;
            }

            for (int i = 0; i < candidate.Count && ratios.Count < bounds.MostValues; i++)
            {
                double ratio = Math.Abs(candidate.Numbers[i]) / Math.Abs(recorded.Numbers[i]);
                // 0/0 and x/0 say nothing about scale; not-a-number has its own refusal.
                if (double.IsFinite(ratio))
                {
                    ratios.Add(ratio);
                }
            }
        }

        if (ratios.Count < bounds.LeastPairs)
        {
            return null;
        }

        ratios.Sort();
        int middle = ratios.Count / 2;
        double median = ratios.Count % 2 == 1 ? ratios[middle] : (ratios[middle - 1] + ratios[middle]) / 2;
        bool off = median > bounds.Factor || median < 1 / bounds.Factor;
        return new OutputScale(spec.Name, spec.Unit, median, ratios.Count, off);
    }
}

/// <summary>A candidate's answer to a recorded request, and the answer that was recorded.</summary>
/// <param name="Candidate">The candidate's.</param>
/// <param name="Recorded">Stable's; null when it was not recorded or cannot be read.</param>
public readonly record struct WarmPair(TypedAnswer Candidate, TypedAnswer? Recorded);

/// <summary>Bounds of the check while warming.</summary>
public sealed record WarmTolerance
{
    /// <summary>
    /// Share of answers that may hold a value outside the candidate's declared range. Default none: the range is the
    /// release's own promise, and the repair (clip, or declare the true range) is cheap.
    /// </summary>
    public Foundation.Ratio OutOfRange { get; init; } = Foundation.Ratio.Zero;

    /// <summary>
    /// Values with a recorded counterpart that the scale needs; below it the scale is not judged. Default 30.
    /// </summary>
    public int LeastPairs { get; init; } = 30;

    /// <summary>Values that are looked at per output at most. Default 100,000.</summary>
    public int MostValues { get; init; } = 100_000;

    /// <summary>How far the median may be from the recorded answers, as a factor. Default 5.</summary>
    public double Factor { get; init; } = 5;
}

/// <summary>The scale of one output against the recorded answers.</summary>
/// <param name="Output">Name of the output.</param>
/// <param name="Unit">Its declared unit; null when none.</param>
/// <param name="MedianRatio">Median of |candidate| / |recorded|.</param>
/// <param name="Values">How many values it comes from.</param>
/// <param name="Off">Whether that is refused.</param>
public sealed record OutputScale(string Output, string? Unit, double MedianRatio, int Values, bool Off)
{
    /// <summary>One sentence for people.</summary>
    public override string ToString()
    {
        string ratio = MedianRatio.ToString("0.####", CultureInfo.InvariantCulture);
        if (!Off)
        {
            return $"output {Output} is {ratio} x the recorded answers (median of {Values} values).";
        }

        double power = MedianRatio > 0 ? Math.Round(Math.Log10(MedianRatio)) : 0;
        bool near = power != 0 && Math.Abs(Math.Log10(MedianRatio) - power) < 0.1;
        string guess = near
            ? $" That is close to {Math.Pow(10, power).ToString("R", CultureInfo.InvariantCulture)}: another unit than "
                + $"the declared {Unit ?? "one"} is likely (cents for dollars, ms for s, percent for fractions)."
            : "";
        return $"output {Output} is {ratio} x the recorded answers (median of {Values} values), "
            + $"so its scale is not what stable's was under the same declaration.{guess}";
    }
}

/// <summary>What a warm-up's answers say.</summary>
/// <param name="Answers">How many were judged.</param>
/// <param name="Refusals">Why the candidate may not go on, in words; empty when it may.</param>
/// <param name="Scales">The scale of every output that could be judged.</param>
public sealed record WarmAnswerReport(int Answers, IReadOnlyList<string> Refusals, IReadOnlyList<OutputScale> Scales)
{
    /// <summary>Whether the candidate may go on.</summary>
    public bool Ok => Refusals.Count == 0;
}
