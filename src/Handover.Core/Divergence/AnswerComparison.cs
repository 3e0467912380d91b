using System.Globalization;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Payloads;

namespace Handover.Core.Divergence;

/// <summary>Compares two answers to one request, output by output, each by what it is.</summary>
public static class AnswerComparison
{
    /// <summary>
    /// Compares outcomes. A failure of one side only is a difference of its own kind, so that pairs are never
    /// dropped; two failures are alike.
    /// </summary>
    public static Difference Compare(
        Result<TypedAnswer> stable,
        Result<TypedAnswer> candidate,
        Tolerances? tolerances = null
    )
    {
        if (stable.Ok && candidate.Ok)
        {
            return Compare(stable.Value, candidate.Value, tolerances);
        }

        if (!stable.Ok && !candidate.Ok)
        {
            return Difference.None;
        }

        DifferenceKind kind = stable.Ok ? DifferenceKind.CandidateFailed : DifferenceKind.StableFailed;
        Problem problem = (stable.Ok ? candidate : stable).Problems[0];
        return new Difference(true, 1, [new PathDifference("", kind, 1, problem.Message)]);
    }

    /// <summary>
    /// Compares two answers as they came. Equal bytes are equal answers, which most pairs of a deterministic model are:
    /// they are not even read.
    /// </summary>
    /// <param name="protocol">How the service is spoken to.</param>
    /// <param name="stable">What was served.</param>
    /// <param name="candidate">What the candidate would have said.</param>
    /// <param name="tolerances">What counts as the same; null for <see cref="Tolerances.Default"/>.</param>
    public static Difference Compare(
        WireProtocol protocol,
        ReadOnlySpan<byte> stable,
        ReadOnlySpan<byte> candidate,
        Tolerances? tolerances = null
    )
    {
        if (stable.SequenceEqual(candidate))
        {
            return Difference.None;
        }

        Tolerances rules = tolerances ?? Tolerances.Default;
        bool inStep = protocol == WireProtocol.Json && !JsonArrays.NamedVectors(rules);
        return inStep && JsonStepComparison.Compare(stable, candidate, rules) is { } difference
            ? difference
            : Compare(AnswerReader.Read(protocol, stable), AnswerReader.Read(protocol, candidate), rules);
    }

    /// <summary>Compares two answers.</summary>
    /// <param name="stable">What was served.</param>
    /// <param name="candidate">What the candidate would have said.</param>
    /// <param name="tolerances">What counts as the same; null for <see cref="Tolerances.Default"/>.</param>
    public static Difference Compare(TypedAnswer stable, TypedAnswer candidate, Tolerances? tolerances = null)
    {
        Tolerances rules = tolerances ?? Tolerances.Default;
        var paths = new List<PathDifference>();
        foreach (TypedTensor before in stable.Tensors)
        {
            bool ignored = rules.KindOf(before.Name) == OutputKind.Ignored;
            if (ignored)
            {
                continue;
            }

            if (candidate.Find(before.Name) is not { } after)
            {
                paths.Add(
                    new PathDifference(before.Name, DifferenceKind.Missing, 1, "the candidate does not answer it")
                );
            }
            else if (Compare(before, after, rules.For(before.Name)) is { } difference)
            {
                paths.Add(difference);
            }
        }

        foreach (TypedTensor after in candidate.Tensors)
        {
            if (stable.Find(after.Name) is null && rules.KindOf(after.Name) != OutputKind.Ignored)
            {
                paths.Add(new PathDifference(after.Name, DifferenceKind.Extra, 1, "stable does not answer it"));
            }
        }

        Leaves(paths, stable.Leaves, candidate.Leaves, rules);
        return paths.Count == 0 ? Difference.None : Of(paths, rules);
    }

    private static void Leaves(
        List<PathDifference> paths,
        IReadOnlyList<JsonLeaf> before,
        IReadOnlyList<JsonLeaf> after,
        Tolerances rules
    )
    {
        if (JsonArrays.Named(rules))
        {
            var lists = new List<(TypedTensor Before, TypedTensor After)>();
            (before, after) = JsonArrays.Take(before, after, rules, lists);

            // Lists of one path, as those of the items of another list, are one path with a count.
            paths.AddRange(
                lists
                    .Select(l => Compare(l.Before, l.After, rules.For(l.Before.Name)))
                    .OfType<PathDifference>()
                    .GroupBy(d => (d.Path, d.Kind))
                    .Select(g => g.MaxBy(d => d.Severity)! with { Count = g.Sum(d => d.Count) })
            );
        }

        paths.AddRange(JsonComparison.Compare(before, after, rules));
    }

    /// <summary>Paths that differ, at least one, the worst first and not more than may be told.</summary>
    internal static Difference Of(List<PathDifference> paths, Tolerances rules)
    {
        // A stable sort keeps the order of the answer among equals.
        PathDifference[] worst = [.. paths.OrderByDescending(p => p.Severity)];
        return new Difference(true, worst[0].Severity, [.. worst.Take(rules.MostPaths)])
        {
            PathsLeftOut = Math.Max(0, worst.Length - rules.MostPaths),
        };
    }

    private static PathDifference? Compare(TypedTensor before, TypedTensor after, Tolerances rules)
    {
        string path = before.Name;
        if (!string.Equals(before.Datatype, after.Datatype, StringComparison.Ordinal))
        {
            return new PathDifference(path, DifferenceKind.Type, 1, $"{before.Datatype} became {after.Datatype}");
        }

        OutputKind kind = rules.KindOf(path);
        if (!before.IsText && kind is OutputKind.Boxes or OutputKind.Embedding)
        {
            return VectorComparison.Compare(kind, before, after, rules);
        }

        // A list of the best items may well be shorter in one answer; that is a difference of ranking, not of shape.
        bool ranked = kind == OutputKind.Ranking && before.Shape.Count == 1 && after.Shape.Count == 1;
        if (!ranked && !before.Shape.SequenceEqual(after.Shape))
        {
            return new PathDifference(
                path,
                DifferenceKind.Shape,
                1,
                $"[{string.Join(", ", before.Shape)}] became [{string.Join(", ", after.Shape)}]"
            );
        }

        return kind switch
        {
            OutputKind.Ranking => Rankings(path, before, after, rules),
            OutputKind.Text when before.IsText => Texts(path, before, after, rules),
            OutputKind.Probabilities when !before.IsText => Probabilities(path, before, after, rules),
            OutputKind.Auto when Datatypes.IsFloat(before.Datatype) => Numbers(path, before, after, rules),
            OutputKind.Number when !before.IsText => Numbers(path, before, after, rules),
            _ => Labels(path, before, after),
        };
    }

    private static PathDifference? Numbers(string path, TypedTensor before, TypedTensor after, Tolerances rules)
    {
        int differ = 0;
        int first = 0;
        double severity = 0;
        for (int i = 0; i < before.Numbers.Count; i++)
        {
            double a = before.Numbers[i];
            double b = after.Numbers[i];
            severity += NumberComparison.Severity(a, b);
            if (!NumberComparison.Same(a, b, rules))
            {
                first = differ == 0 ? i : first;
                differ++;
            }
        }

        return differ == 0
            ? null
            : Value(path, severity / before.Numbers.Count, differ, before.Numbers[first], after.Numbers[first]);
    }

    private static PathDifference? Labels(string path, TypedTensor before, TypedTensor after)
    {
        // 64-bit integers beyond 2^53 carry their exact texts; comparing the rounded numbers would call neighbours
        // equal.
        bool byText = before.Texts.Count == before.Count || after.Texts.Count == after.Count;
        int differ = 0;
        int first = 0;
        for (int i = 0; i < before.Count; i++)
        {
            bool same = byText
                ? string.Equals(Text(before, i), Text(after, i), StringComparison.Ordinal)
                : before.Numbers[i].Equals(after.Numbers[i]);
            if (!same)
            {
                first = differ == 0 ? i : first;
                differ++;
            }
        }

        return differ == 0
            ? null
            : Value(path, (double)differ / before.Count, differ, Text(before, first), Text(after, first));
    }

    private static PathDifference? Probabilities(string path, TypedTensor before, TypedTensor after, Tolerances rules)
    {
        double[] p = [.. before.Numbers];
        double[] q = [.. after.Numbers];
        int width = before.Shape.Count == 0 ? p.Length : (int)before.Shape[^1];
        int flips = 0;
        int crossed = 0;
        int differ = 0;
        double worst = 0;
        for (int at = 0; width > 0 && at + width <= p.Length; at += width)
        {
            ReadOnlySpan<double> a = p.AsSpan(at, width);
            ReadOnlySpan<double> b = q.AsSpan(at, width);
            double variation = Math.Min(1, ProbabilityComparison.TotalVariation(a, b));
            int top = ProbabilityComparison.Top(a);
            bool flip = top != ProbabilityComparison.Top(b);
            flips += flip ? 1 : 0;
            bool decides = !flip && rules.Threshold is { } sure && a[top] >= sure != b[top] >= sure;
            crossed += decides ? 1 : 0;
            differ += flip || decides || variation > rules.TotalVariation ? 1 : 0;
            worst = Math.Max(worst, variation);
        }

        return differ == 0
            ? null
            : new PathDifference(
                path,
                DifferenceKind.Value,
                worst,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"total variation up to {worst:0.####}, top class changed in {flips}{Crossed(crossed)}"
                )
            )
            {
                Count = differ,
            };
    }

    private static string Crossed(int vectors) =>
        vectors == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", its threshold crossed in {vectors}");

    private static PathDifference? Rankings(string path, TypedTensor before, TypedTensor after, Tolerances rules)
    {
        string[] a = [.. Enumerable.Range(0, before.Count).Select(i => Text(before, i))];
        string[] b = [.. Enumerable.Range(0, after.Count).Select(i => Text(after, i))];
        double overlap = RankingComparison.RankBiasedOverlap(a, b);
        bool topChanged = !string.Equals(a.FirstOrDefault(), b.FirstOrDefault(), StringComparison.Ordinal);
        return overlap >= rules.RankOverlap && !topChanged
            ? null
            : new PathDifference(
                path,
                DifferenceKind.Value,
                1 - overlap,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"rank-biased overlap {overlap:0.###}, top item {(topChanged ? "changed" : "kept")}"
                )
            );
    }

    private static PathDifference? Texts(string path, TypedTensor before, TypedTensor after, Tolerances rules)
    {
        int differ = 0;
        int first = 0;
        double severity = 0;
        for (int i = 0; i < before.Count; i++)
        {
            double likeness = TextComparison.TokenF1(before.Texts[i], after.Texts[i]);
            severity = Math.Max(severity, 1 - likeness);
            if (likeness < rules.TextF1)
            {
                first = differ == 0 ? i : first;
                differ++;
            }
        }

        return differ == 0 ? null : Value(path, severity, differ, before.Texts[first], after.Texts[first]);
    }

    private static PathDifference Value(string path, double severity, int count, object before, object after) =>
        new(path, DifferenceKind.Value, Math.Min(1, severity), $"{Short(before)} became {Short(after)}")
        {
            Count = count,
        };

    private static string Text(TypedTensor tensor, int index) =>
        tensor.Texts.Count > index
            ? tensor.Texts[index]
            : tensor.Numbers[index].ToString("R", CultureInfo.InvariantCulture);

    private static string Short(object value)
    {
        string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        return text.Length <= 80 ? text : $"{text[..80]}...";
    }
}
