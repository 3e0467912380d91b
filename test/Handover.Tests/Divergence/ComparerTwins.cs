using CsCheck;
using Handover.Core.Divergence;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>
/// Each measure beside its obvious twin: another definition of the same thing, without any cleverness.
/// </summary>
public sealed class ComparerTwins
{
    private static readonly Gen<(double[] P, double[] Q)> Distributions = Gen.Select(
            Gen.Double[0, 1].Array[6],
            Gen.Double[0, 1].Array[6],
            Gen.Int[1, 6]
        )
        .Select((p, q, n) => (Part(p[..n]), Part(q[..n])));

    // Ten vectors of three, of which no two have the same angle to a third, as short random numbers often do.
    private static readonly Gen<double[]> Scattered = Gen.UInt.Select(seed =>
        Enumerable
            .Range(1, 30)
            .Select(i => (((seed + (uint)i) * 2654435761u) % 1_000_003 / 1_000_003.0) - 0.5)
            .ToArray()
    );

    private static readonly Gen<string[]> Items = Gen.Char["abcdef"].Select(c => c.ToString()).Array[0, 8];

    [Fact]
    public void Total_variation_is_the_largest_difference_that_any_event_can_have() =>
        Distributions.Sample(
            (p, q) =>
            {
                double most = 0;
                for (int subset = 0; subset < 1 << p.Length; subset++)
                {
                    double[] both = [.. p.Zip(q, (a, b) => a - b).Where((_, i) => (subset >> i & 1) == 1)];
                    most = Math.Max(most, Math.Abs(both.Sum()));
                }

                Assert.Equal(most, ProbabilityComparison.TotalVariation(p, q), 12);
            }
        );

    [Fact]
    public void Jensen_shannon_is_what_the_mixture_is_less_certain_of() =>
        Distributions.Sample(
            (p, q) =>
            {
                double[] mixture = [.. p.Zip(q, (a, b) => (a + b) / 2)];
                double more = Entropy(mixture) - ((Entropy(p) + Entropy(q)) / 2);
                Assert.Equal(more, ProbabilityComparison.JensenShannon(p, q), 12);
            }
        );

    [Fact]
    public void Kappa_is_agreement_beyond_what_shuffled_labels_would_have() =>
        Gen.Select(Gen.Char["xyz"], Gen.Char["xyz"])
            .Array[1, 12]
            .Sample(pairs =>
            {
                LabelComparison counted = LabelComparison.Empty.Add(
                    pairs.Select(p => (p.Item1.ToString(), p.Item2.ToString()))
                );
                double observed = pairs.Average(p => p.Item1 == p.Item2 ? 1.0 : 0);
                double shuffled = pairs.Average(a => pairs.Average(b => a.Item1 == b.Item2 ? 1.0 : 0));
                double kappa = shuffled >= 1 ? 1 : (observed - shuffled) / (1 - shuffled);
                Assert.Equal(kappa, counted.Kappa, 9);
                Assert.Equal(1 - observed, counted.Disagreement, 12);
            });

    [Fact]
    public void Token_f1_crosses_out_what_both_have() =>
        Gen.Select(Items, Items)
            .Sample(
                (a, b) =>
                {
                    var rest = b.ToList();
                    double shared = a.Count(rest.Remove);
                    double twin =
                        a.Length == 0 && b.Length == 0 ? 1
                        : shared == 0 ? 0
                        : 2 / (a.Length / shared + b.Length / shared);
                    Assert.Equal(twin, TextComparison.TokenF1(string.Join(' ', a), string.Join(' ', b)), 12);
                }
            );

    [Fact]
    public void Cosine_follows_from_the_distance_of_two_points_on_the_sphere() =>
        Gen.Select(Gen.Double[-9, 9].Array[4], Gen.Double[-9, 9].Array[4])
            .Where((a, b) => Norm(a) > 1e-3 && Norm(b) > 1e-3)
            .Sample(
                (a, b) =>
                {
                    double squared = a.Zip(b, (x, y) => Math.Pow((x / Norm(a)) - (y / Norm(b)), 2)).Sum();
                    Assert.Equal(1 - (squared / 2), EmbeddingComparison.Cosine(a, b), 9);
                }
            );

    [Fact]
    public void Overlap_at_k_is_the_intersection_of_two_sets() =>
        Gen.Select(Items, Items, Gen.Int[1, 8])
            .Sample(
                (a, b, k) =>
                {
                    string[] left = [.. a.Distinct().Take(k)];
                    string[] right = [.. b.Distinct().Take(k)];
                    int depth = Math.Max(left.Length, right.Length);
                    double twin = depth == 0 ? 1 : left.Intersect(right).Count() / (double)depth;
                    Assert.Equal(twin, RankingComparison.OverlapAt(a, b, k), 12);
                }
            );

    [Fact]
    public void Neighbours_are_those_at_the_smallest_angle() =>
        Gen.Select(Scattered, Scattered, Gen.Int[1, 12])
            .Sample(
                (a, b, k) =>
                {
                    int near = Math.Min(k, 8);
                    double shared = Enumerable
                        .Range(0, 10)
                        .Average(i => Near(a, i, near).Intersect(Near(b, i, near)).Count() / (double)near);
                    Assert.Equal(shared, EmbeddingComparison.NeighbourOverlap(a, b, 10, k), 9);
                },
                iter: 50
            );

    private static IEnumerable<int> Near(double[] vectors, int of, int k)
    {
        double[] own = vectors[(of * 3)..((of * 3) + 3)];
        return Enumerable
            .Range(0, 10)
            .Where(i => i != of)
            .OrderBy(i => Angle(own, vectors[(i * 3)..((i * 3) + 3)]))
            .Take(k);
    }

    private static double Angle(double[] a, double[] b) =>
        Math.Acos(Math.Clamp(a.Zip(b, (x, y) => x * y).Sum() / (Norm(a) * Norm(b)), -1, 1));

    private static double Norm(double[] v) => Math.Sqrt(v.Sum(x => x * x));

    private static double Entropy(double[] p) => -p.Where(x => x > 0).Sum(x => x * Math.Log2(x));

    private static double[] Part(double[] weights)
    {
        double sum = weights.Sum();
        return [.. weights.Select(w => sum == 0 ? 1.0 / weights.Length : w / sum)];
    }
}
