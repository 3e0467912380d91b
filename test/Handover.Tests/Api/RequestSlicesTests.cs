using System.Globalization;
using System.Text;
using Handover.Control.Api;
using Xunit;

namespace Handover.Tests.Api;

/// <summary>Which requests two releases disagree about: by their texts, and by where their numbers lie.</summary>
public sealed class RequestSlicesTests
{
    [Fact]
    public void Numbers_lie_in_quarters_of_what_was_asked()
    {
        IReadOnlyList<IReadOnlyCollection<string>> slices = Of(
            Enumerable.Range(1, 100).Select(i => $$"""{"carat":{{i}},"cut":"ideal"}""")
        );
        string[] names = [.. slices.Select(s => s.Single(n => n.StartsWith("/carat", StringComparison.Ordinal)))];
        Assert.Equal(
            [
                ("/carat in [1, 25)", 24),
                ("/carat in [25, 50)", 25),
                ("/carat in [50, 75)", 25),
                ("/carat in [75, 100]", 26),
            ],
            names.GroupBy(n => n).Select(g => (g.Key, g.Count()))
        );
        Assert.All(slices, s => Assert.Contains("/cut=ideal", s));
    }

    [Fact]
    public void Few_values_are_told_one_by_one() =>
        Assert.Equal(
            ["/rooms=1", "/rooms=2", "/rooms=2.5"],
            Of([.. Enumerable.Repeat("""{"rooms":2}""", 30), """{"rooms":1}""", """{"rooms":2.5}"""])
                .Select(s => s.Single())
                .Distinct()
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void A_tensor_is_known_by_its_name_and_its_shape_is_no_slice() =>
        Assert.Equal(
            ["/inputs/carat/data/0=0.3"],
            Of(["""{"inputs":[{"name":"carat","datatype":"FP32","shape":[1,1],"data":[0.3]}]}"""])[0]
        );

    [Fact]
    public void Each_number_lies_in_one_quarter_whatever_the_numbers_are()
    {
        var random = new Random(5);
        for (int round = 0; round < 200; round++)
        {
            double[] values = [.. Enumerable.Range(0, 1 + random.Next(60)).Select(_ => (double)random.Next(-9, 9))];
            IReadOnlyList<IReadOnlyCollection<string>> slices = Of(
                values.Select(v => string.Create(CultureInfo.InvariantCulture, $$"""{"x":{{v:R}}}"""))
            );
            Assert.All(slices, s => Assert.Single(s));
            for (int i = 0; i < values.Length; i++)
            {
                string own = slices[i].Single();
                Assert.All(values.Zip(slices), p => Assert.True(p.First != values[i] || p.Second.Single() == own));
            }
        }
    }

    private static IReadOnlyList<IReadOnlyCollection<string>> Of(IEnumerable<string> bodies) =>
        RequestSlices.Of(bodies.Select(b => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(b)));
}
