using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Tests.House;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>Every comparer against <c>testdata/divergence/golden.py</c>, which follows the definitions.</summary>
public sealed class GoldenComparisonTests
{
    private const double Close = 1e-9;

    private static readonly JsonElement Golden = JsonDocument
        .Parse(Repository.Text("testdata/divergence/golden.json"))
        .RootElement;

    [Fact]
    public void Units_in_the_last_place() =>
        Each("ulps", 20, c => Assert.Equal(c.GetProperty("ulps").GetString(), Ulps(c)));

    [Fact]
    public void Labels() =>
        Each(
            "labels",
            5,
            c =>
            {
                LabelComparison all = LabelComparison.Empty.Add(
                    c.GetProperty("pairs").EnumerateArray().Select(p => (p[0].GetString()!, p[1].GetString()!))
                );
                Assert.Equal(c.GetProperty("kappa").GetDouble(), all.Kappa, Close);
                Assert.Equal(
                    c.GetProperty("cells")
                        .EnumerateArray()
                        .ToDictionary(x => (x[0].GetString()!, x[1].GetString()!), x => x[2].GetInt64()),
                    all.Cells
                );
            }
        );

    [Fact]
    public void Probabilities() =>
        Each(
            "probabilities",
            15,
            c =>
            {
                double[] p = Numbers(c, "p");
                double[] q = Numbers(c, "q");
                Assert.True(ProbabilityComparison.IsDistribution(p));
                Assert.Equal(c.GetProperty("tv").GetDouble(), ProbabilityComparison.TotalVariation(p, q), Close);
                Assert.Equal(c.GetProperty("js").GetDouble(), ProbabilityComparison.JensenShannon(p, q), Close);
                double[] top = Numbers(c, "top");
                Assert.Equal((top[0], top[1]), (ProbabilityComparison.Top(p), ProbabilityComparison.Top(q)));
            }
        );

    [Fact]
    public void Rankings() =>
        Each(
            "rankings",
            12,
            c =>
            {
                string[] a = [.. c.GetProperty("a").EnumerateArray().Select(x => x.GetString()!)];
                string[] b = [.. c.GetProperty("b").EnumerateArray().Select(x => x.GetString()!)];
                double rbo = RankingComparison.RankBiasedOverlap(a, b, c.GetProperty("p").GetDouble());
                Assert.Equal(c.GetProperty("rbo").GetDouble(), rbo, Close);
                Assert.Equal(c.GetProperty("at5").GetDouble(), RankingComparison.OverlapAt(a, b, 5), Close);
                JsonElement tau = c.GetProperty("tau");
                double expected = tau.ValueKind == JsonValueKind.Null ? double.NaN : tau.GetDouble();
                Assert.Equal(expected, RankingComparison.KendallTau(a, b), Close);
            }
        );

    [Fact]
    public void Texts() =>
        Each(
            "texts",
            5,
            c =>
            {
                string a = c.GetProperty("a").GetString()!;
                string b = c.GetProperty("b").GetString()!;
                Assert.Equal(c.GetProperty("f1").GetDouble(), TextComparison.TokenF1(a, b), Close);
                Assert.Equal(c.GetProperty("rouge").GetDouble(), TextComparison.RougeL(a, b), Close);
            }
        );

    [Fact]
    public void Boxes() =>
        Each(
            "boxes",
            7,
            c =>
            {
                (double[] a, double[] b) = (Rows(c, "a"), Rows(c, "b"));
                Assert.Equal(c.GetProperty("likeness").GetDouble(), BoxComparison.Likeness(a, b), Close);
                Assert.Equal(c.GetProperty("likeness").GetDouble(), BoxComparison.Likeness(b, a), Close);
            }
        );

    [Fact]
    public void Embeddings() =>
        Each(
            "embeddings",
            4,
            c =>
            {
                (double[] a, double[] b) = (Rows(c, "a"), Rows(c, "b"));
                int n = c.GetProperty("a").GetArrayLength();
                double overlap = EmbeddingComparison.NeighbourOverlap(a, b, n, c.GetProperty("k").GetInt32());
                Assert.Equal(c.GetProperty("overlap").GetDouble(), overlap, Close);
                if (c.GetProperty("cosine") is { ValueKind: JsonValueKind.Number } cosine)
                {
                    int width = a.Length / n;
                    double first = EmbeddingComparison.Cosine(a.AsSpan(0, width), b.AsSpan(0, width));
                    Assert.Equal(cosine.GetDouble(), first, Close);
                }
            }
        );

    [Fact]
    public void Tolerances_of_numbers() =>
        Each(
            "numbers",
            40,
            c =>
            {
                (double absolute, double relative) = (Number(c, "absolute"), Number(c, "relative"));
                bool same = NumberComparison.Same(Number(c, "a"), Number(c, "b"), absolute, relative);
                Assert.Equal(c.GetProperty("same").GetBoolean(), same);
            }
        );

    [Fact]
    public void Json_by_path() =>
        Each(
            "json",
            60,
            c =>
            {
                byte[] a = Encoding.UTF8.GetBytes(c.GetProperty("a").GetString()!);
                byte[] b = Encoding.UTF8.GetBytes(c.GetProperty("b").GetString()!);
                Assert.Equal(
                    c.GetProperty("found")
                        .EnumerateArray()
                        .Select(f => (f[0].GetString()!, f[1].GetString()!, f[2].GetInt32()))
                        .Order(),
                    AnswerComparison
                        .Compare(WireProtocol.Json, a, b)
                        .Paths.Select(p => (p.Path, p.Kind.ToString(), p.Count))
                        .Order()
                );
            }
        );

    private static void Each(string kind, int cases, Action<JsonElement> check)
    {
        JsonElement[] all = [.. Golden.GetProperty(kind).EnumerateArray()];
        Assert.Equal(cases, all.Length);
        Assert.All(all, check);
    }

    private static string Ulps(JsonElement c) =>
        $"{NumberComparison.Ulps(c.GetProperty("a").GetDouble(), c.GetProperty("b").GetDouble())}";

    private static double Number(JsonElement c, string name) => c.GetProperty(name).GetDouble();

    private static double[] Numbers(JsonElement c, string name) =>
        [.. c.GetProperty(name).EnumerateArray().Select(x => x.GetDouble())];

    private static double[] Rows(JsonElement c, string name) =>
        [.. c.GetProperty(name).EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(x => x.GetDouble())];
}
