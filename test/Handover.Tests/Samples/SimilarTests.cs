using System.Text.Json;
using Diamonds.Encoder;
using Diamonds.Similar;
using Xunit;

namespace Handover.Tests.Samples;

/// <summary>The index of the three-hop sample is exact, and a vector of another space finds the wrong stones.</summary>
public sealed class SimilarTests
{
    private const int Stones = 3000;
    private static readonly StoneFeatures Features = StoneFeatures.Read(SampleFolder.File("models/features.json"));
    private static readonly RawRows Rows = StoneTable.Read(SampleFolder.File("data/diamonds.csv.gz"), Stones);
    private static readonly EmbeddingSpace First = Space("stones-1");
    private static readonly EmbeddingSpace Second = Space("stones-2");

    [Fact]
    public async Task Nearest_is_what_looking_at_everything_finds()
    {
        using StoneIndex index = await IndexAsync(First);
        for (int row = 0; row < Stones; row += 300)
        {
            float[] wanted = First.Embed(Features.Of(Rows, row));
            int[] obvious =
            [
                .. Enumerable
                    .Range(0, Stones)
                    .OrderBy(i =>
                        Math.Sqrt(First.Embed(Features.Of(Rows, i)).Zip(wanted, (a, b) => Math.Pow(a - b, 2)).Sum())
                    )
                    .Take(5),
            ];
            int[] found = index.Nearest(wanted, 5);
            Assert.Equal(Distances(obvious, wanted), Distances(found, wanted), (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    [Fact]
    public async Task A_mixed_pair_fails_nowhere_and_finds_other_stones()
    {
        using StoneIndex index = await IndexAsync(First);
        int right = 0;
        int wrong = 0;
        for (int row = 0; row < Stones; row += 10)
        {
            float[] features = Features.Of(Rows, row);
            int[] same = index.Nearest(First.Embed(features), 5);
            int[] mixed = index.Nearest(Second.Embed(features), 5);
            Assert.Equal(5, mixed.Length);
            right += same.Contains(row) ? 1 : 0;
            wrong += mixed.Contains(row) ? 1 : 0;
        }

        Assert.True(right >= 295, $"{right} of 300 stones find themselves in their own space");
        Assert.True(wrong <= 30, $"{wrong} of 300 stones find themselves in another space");
    }

    [Fact]
    public void A_stone_of_a_category_that_nobody_knows_is_refused() =>
        Assert.Throws<FormatException>(() => Features.Of(new RawRows(["Ideal", "Z", "SI2"], Rows.Numbers), 0));

    [Fact]
    public void A_search_without_vectors_of_the_right_length_is_refused()
    {
        using JsonDocument short3 = JsonDocument.Parse("""{"inputs":[{"name":"vector","data":[1,2,3]}]}""");
        Assert.Throws<FormatException>(() => Wire.Vectors(short3.RootElement, 8));
        using JsonDocument none = JsonDocument.Parse("""{"inputs":[]}""");
        Assert.Throws<FormatException>(() => Wire.Vectors(none.RootElement, 8));
    }

    private static double[] Distances(int[] rows, float[] wanted) =>
        [
            .. rows.Select(i =>
                Math.Sqrt(First.Embed(Features.Of(Rows, i)).Zip(wanted, (a, b) => Math.Pow(a - b, 2)).Sum())
            ),
        ];

    private static async Task<StoneIndex> IndexAsync(EmbeddingSpace space)
    {
        var index = new StoneIndex(space.Dimensions, Stones);
        await index.FillAsync(Rows, Features, space, 0, default);
        Assert.Equal((Stones, Stones), (index.Rows, index.Expected));
        return index;
    }

    private static EmbeddingSpace Space(string name) =>
        EmbeddingSpace.Read(SampleFolder.File($"three-hop/spaces/{name}.json"));
}
