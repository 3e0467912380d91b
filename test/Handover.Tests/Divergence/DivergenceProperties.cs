using CsCheck;
using Handover.Core.Divergence;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>The comparers against obvious twins, and the laws that any comparison keeps.</summary>
public sealed class DivergenceProperties
{
    private static readonly Gen<string[]> Ranking = Gen.Int[0, 12]
        .Select(i => $"i{i}")
        .Array[0, 12]
        .Select(items => items.Distinct().ToArray());

    private static readonly Gen<string> Words = Gen.Int[0, 4]
        .Select(i => $"w{i}")
        .Array[0, 8]
        .Select(w => string.Join(' ', w));

    private static readonly Gen<double[]> Distribution = Gen.Double[0, 1]
        .Array[4]
        .Select(v => v.Select(x => (x + 1e-3) / v.Sum(y => y + 1e-3)).ToArray());

    [Fact]
    public void Rank_biased_overlap_is_its_formula_with_sets() =>
        Gen.Select(Ranking, Ranking, Gen.Double[0.1, 0.99])
            .Sample((a, b, p) => Assert.Equal(PlainOverlap(a, b, p), RankingComparison.RankBiasedOverlap(a, b, p), 9));

    [Fact]
    public void Tau_is_concordant_minus_discordant_pairs() =>
        Gen.Select(Ranking, Ranking)
            .Sample(
                (a, b) =>
                {
                    string[] common = [.. a.Intersect(b)];
                    var signs =
                        from x in common
                        from y in common
                        where string.CompareOrdinal(x, y) < 0
                        select Math.Sign(
                            (Array.IndexOf(a, x) - Array.IndexOf(a, y)) * (Array.IndexOf(b, x) - Array.IndexOf(b, y))
                        );
                    double expected = common.Length < 2 ? double.NaN : signs.Average();
                    Assert.Equal(expected, RankingComparison.KendallTau(a, b), 9);
                }
            );

    [Fact]
    public void Rouge_l_is_the_longest_common_subsequence_by_trying_all() =>
        Gen.Select(Words, Words)
            .Sample(
                (a, b) =>
                {
                    string[] left = a.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    string[] right = b.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    double expected =
                        left.Length + right.Length == 0 ? 1 : 2.0 * Longest(left, right) / (left.Length + right.Length);
                    Assert.Equal(expected, TextComparison.RougeL(a, b), 9);
                }
            );

    [Fact]
    public void Divergences_are_symmetric_bounded_and_nothing_for_equals() =>
        Gen.Select(Distribution, Distribution)
            .Sample(
                (p, q) =>
                {
                    double js = ProbabilityComparison.JensenShannon(p, q);
                    double tv = ProbabilityComparison.TotalVariation(p, q);
                    Assert.Equal(js, ProbabilityComparison.JensenShannon(q, p), 9);
                    Assert.InRange(js, 0, tv + 1e-12);
                    Assert.InRange(tv, 0, 1);
                    Assert.Equal(0, ProbabilityComparison.JensenShannon(p, p), 9);
                }
            );

    [Fact]
    public void Ulps_are_steps_of_the_next_double() =>
        Gen.Select(Gen.Double[-1e9, 1e9], Gen.Int[0, 50])
            .Sample(
                (start, steps) =>
                {
                    double at = start;
                    for (int i = 0; i < steps; i++)
                    {
                        at = Math.BitIncrement(at);
                    }

                    Assert.Equal((ulong)steps, NumberComparison.Ulps(start, at));
                }
            );

    [Fact]
    public void An_answer_never_differs_from_itself_and_severity_stays_in_bounds() =>
        Gen.Select(Gen.Double.Array[3], Gen.Double.Array[3])
            .Sample(
                (a, b) =>
                {
                    TypedAnswer left = Answer(a);
                    Assert.False(AnswerComparison.Compare(left, left, Tolerances.Exact).Differs);
                    Difference there = AnswerComparison.Compare(left, Answer(b), Tolerances.Exact);
                    Difference back = AnswerComparison.Compare(Answer(b), left, Tolerances.Exact);
                    Assert.InRange(there.Severity, 0, 1);
                    Assert.Equal(there.Severity, back.Severity, 9);
                    Assert.Equal(there.Differs, back.Differs);
                }
            );

    private static TypedAnswer Answer(double[] numbers) =>
        new([new TypedTensor("y", "FP64", [numbers.Length]) { Numbers = numbers }]);

    private static int Longest(ReadOnlySpan<string> a, ReadOnlySpan<string> b) =>
        a.IsEmpty || b.IsEmpty ? 0
        : a[0] == b[0] ? 1 + Longest(a[1..], b[1..])
        : Math.Max(Longest(a[1..], b), Longest(a, b[1..]));

    private static double PlainOverlap(string[] a, string[] b, double p)
    {
        (string[] shorter, string[] longer) = a.Length <= b.Length ? (a, b) : (b, a);
        if (shorter.Length == 0)
        {
            return longer.Length == 0 ? 1 : 0;
        }

        int s = shorter.Length;
        int l = longer.Length;
        double sum = 0;
        for (int d = 1; d <= l; d++)
        {
            sum += Common(d) / d * Math.Pow(p, d);
        }

        for (int d = s + 1; d <= l; d++)
        {
            sum += Common(s) * (d - s) / ((double)s * d) * Math.Pow(p, d);
        }

        return ((1 - p) / p * sum) + ((((Common(l) - Common(s)) / l) + (Common(s) / s)) * Math.Pow(p, l));

        double Common(int depth) => shorter.Take(depth).Intersect(longer.Take(depth)).Count();
    }
}
