using System.Text;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Divergence;

/// <summary>The diff explorer's counts, against pairs whose differences are known.</summary>
public sealed class DivergenceSummaryTests
{
    [Fact]
    public void Places_are_counted_and_the_worst_examples_are_kept()
    {
        var summary = new DivergenceSummary();
        for (int i = 0; i < 100; i++)
        {
            // Every fourth pair differs, the more the later.
            string candidate = i % 4 == 0 ? $$"""{"price":{{100 + (i * 10)}}}""" : """{"price":100}""";
            summary.Add(
                $"r-{i}",
                Read("""{"price":100}"""),
                Read(candidate),
                [$"cut={(i % 2 == 0 ? "Ideal" : "Fair")}"]
            );
        }

        Assert.Equal((100, 24), (summary.Pairs, summary.Differing));
        DivergenceSummary.Place place = Assert.Single(summary.Places);
        Assert.Equal(("/price", DifferenceKind.Value, 24), (place.Path, place.Kind, place.Pairs));
        Assert.Equal(["r-96", "r-92", "r-88"], place.Examples.Select(e => e.RequestId));
        Assert.Equal(
            [("cut=Ideal", 50, 24), ("cut=Fair", 50, 0)],
            summary.Slices.Select(s => (s.Name, s.Pairs, s.Differ))
        );
    }

    [Fact]
    public void A_candidate_that_fails_is_a_place_of_its_own()
    {
        var summary = new DivergenceSummary();
        summary.Add("r-1", Read("""{"a":1}"""), new Problem("failed", "Timeout, status 0"), []);
        DivergenceSummary.Place place = Assert.Single(summary.Places);
        Assert.Equal(
            (DifferenceKind.CandidateFailed, "Timeout, status 0"),
            (place.Kind, place.Examples[0].Difference.Detail)
        );
    }

    [Fact]
    public void Rare_slices_are_not_told_and_floods_of_them_are_counted()
    {
        var summary = new DivergenceSummary();
        for (int i = 0; i < 5_000; i++)
        {
            summary.Add($"r-{i}", Read("""{"a":1}"""), Read("""{"a":2}"""), [$"user={i}"]);
        }

        Assert.Empty(summary.Slices);
        Assert.Equal(3_000, summary.LeftOut);
    }

    private static Result<TypedAnswer> Read(string json) => PlainJsonReader.ReadResponse(Encoding.UTF8.GetBytes(json));
}
