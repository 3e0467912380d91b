using System.Text;
using CsCheck;
using Handover.Control.Api;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>Boxes and embeddings inside whole answers, the assignment's twin, and answers compared as bytes.</summary>
public sealed class VectorComparisonTests
{
    [Fact]
    public void The_assignment_is_as_good_as_the_best_of_all_permutations()
    {
        Gen<double[]> corner = Gen.Int[0, 6].Select(i => (double)i).Array[4];
        Gen.Select(corner.Array[0, 5], corner.Array[0, 5])
            .Sample(
                (a, b) =>
                {
                    double found = BoxComparison.Likeness([.. a.SelectMany(x => x)], [.. b.SelectMany(x => x)]);
                    int size = Math.Max(a.Length, b.Length);
                    double best = size == 0 ? 1 : Best(a, b, 0, 0) / size;
                    Assert.Equal(best, found, 1e-9);
                },
                iter: 300
            );
    }

    [Fact]
    public void Boxes_may_change_their_order_and_not_their_place()
    {
        var rules = new Tolerances { Kinds = new Dictionary<string, OutputKind> { ["out"] = OutputKind.Boxes } };
        string first = Answer([2, 4], "0,0,10,10,20,20,30,40");
        Assert.False(Differ(first, Answer([2, 4], "20,20,30,40,0,0,10,10"), rules));
        Assert.True(Differ(first, Answer([2, 4], "20,20,30,40,5,5,15,15"), rules));
        Assert.True(Differ(first, Answer([1, 4], "0,0,10,10"), rules));
        Assert.True(Differ(first, Answer([2, 3], "0,0,10,10,20,20"), rules));
    }

    [Fact]
    public void An_angle_is_taken_only_within_one_declared_space()
    {
        var rules = new Tolerances { Kinds = new Dictionary<string, OutputKind> { ["out"] = OutputKind.Embedding } };
        Tolerances same = rules with { SameSpace = true };
        string one = Answer([1, 2], "1,0");
        string turned = Answer([1, 2], "0,1");
        Assert.True(Differ(one, turned, same));
        Assert.False(Differ(one, turned, rules));
        Assert.False(Differ(one, Answer([1, 2], "3,0"), same));

        // The same things in a turned space, of another width: near each other are the same ones.
        string batch = Answer([4, 2], "1,0,0.9,0.1,0,1,0.1,0.9");
        Assert.False(Differ(batch, Answer([4, 3], "0,0,1,0,0.1,0.9,0,1,0,0,0.9,0.1"), rules));
        Assert.True(Differ(batch, Answer([4, 3], "0,0,1,0,1,0,0,0.1,0.9,0,0.9,0.1"), rules));
        Assert.True(Differ(batch, Answer([4, 3], "0,0,1,0,0.1,0.9,0,1,0,0,0.9,0.1"), same));
    }

    [Fact]
    public void Equal_bytes_are_equal_answers_and_cost_no_memory()
    {
        byte[] body = Encoding.UTF8.GetBytes(Answer([2, 2], "1,2,3,4"));
        byte[] copy = [.. body];
        AnswerComparison.Compare(WireProtocol.OpenInference, body, copy);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            Assert.False(AnswerComparison.Compare(WireProtocol.OpenInference, body, copy).Differs);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("añb", 2, 1)]
    [InlineData("añb", 3, 3)]
    [InlineData("a€b", 3, 1)]
    [InlineData("a😀b", 4, 1)]
    [InlineData("a😀b", 5, 5)]
    [InlineData("ab", 9, 2)]
    public void A_cut_splits_no_character(string text, int most, int cut) =>
        Assert.Equal(cut, DivergenceRoutes.CutOf(Encoding.UTF8.GetBytes(text), most));

    private static double Best(double[][] a, double[][] b, int at, int taken)
    {
        if (at == a.Length)
        {
            return 0;
        }

        double best = Best(a, b, at + 1, taken);
        for (int j = 0; j < b.Length; j++)
        {
            if ((taken >> j & 1) == 0)
            {
                double with = BoxComparison.IntersectionOverUnion(a[at], b[j]) + Best(a, b, at + 1, taken | (1 << j));
                best = Math.Max(best, with);
            }
        }

        return best;
    }

    private static bool Differ(string stable, string candidate, Tolerances rules) =>
        AnswerComparison
            .Compare(
                WireProtocol.OpenInference,
                Encoding.UTF8.GetBytes(stable),
                Encoding.UTF8.GetBytes(candidate),
                rules
            )
            .Differs;

    private static string Answer(int[] shape, string data) =>
        $$"""
        {"model_name":"m","outputs":[{"name":"out","datatype":"FP64","shape":[{{string.Join(
            ',',
            shape
        )}}],"data":[{{data}}]}]}
        """;
}
