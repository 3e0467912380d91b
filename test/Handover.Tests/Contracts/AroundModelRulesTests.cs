using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Xunit;

namespace Handover.Tests.Contracts;

/// <summary>The rules for features, index and monitors: what holds, and each way in which it can fail.</summary>
public sealed class AroundModelRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly FeatureSource Source = new FeatureSource.File("f.json");

    private static readonly Release Candidate = new()
    {
        Name = "v2",
        Service = "price",
        Members = new Dictionary<string, Member> { ["model"] = new Member.Onnx("m.onnx", null) },
        Features = [new FeatureUse("attributes", 2, ["carat", "cut"])],
        Output = new Signature([new TensorSpec("price", "FP32", [-1, 1]) { Reference = "price-2026q4" }]),
        Index = new IndexUse("products", 7, "stones-2", 16, IndexMetric.Cosine) { Embeds = "embed" },
    };

    private static readonly Dictionary<string, string?> Fields = new() { ["carat"] = "FP32", ["cut"] = "BYTES" };

    private static readonly VectorReading Index = new()
    {
        Name = "products",
        Version = 7,
        Space = "stones-2",
        Dimensions = 16,
        Metric = "cosine",
        Rows = 100,
        Expected = 100,
    };

    [Fact]
    public void A_view_that_is_served_and_fresh_agrees() =>
        Assert.Empty(Features(new FeatureReading(true, Fields) { AsOf = Now - TimeSpan.FromMinutes(59) }));

    [Fact]
    public void A_view_without_a_source_is_taken_at_its_word() =>
        Assert.Empty(FeatureAgreement.Check(Candidate, Views(null), _ => (null, "nobody"), Now));

    [Fact]
    public void A_view_that_is_gone_from_the_catalogue_disagrees() =>
        Assert.Contains(
            "not declared any more",
            Assert
                .Single(FeatureAgreement.Check(Candidate, new Dictionary<string, FeatureView>(), _ => default, Now))
                .Text,
            StringComparison.Ordinal
        );

    public static TheoryData<string, FeatureReading?> Failures =>
        new()
        {
            { "cannot be asked", null },
            {
                "is not served (GENERATED)",
                new FeatureReading(false, Fields) { Note = "GENERATED" }
            },
            {
                "field cut is not served",
                new FeatureReading(true, new Dictionary<string, string?> { ["carat"] = "FP32" }) { AsOf = Now }
            },
            {
                "field carat is served as FP64, declared as FP32",
                new FeatureReading(true, new Dictionary<string, string?>(Fields) { ["carat"] = "FP64" }) { AsOf = Now }
            },
            {
                "its values are 61 min old, at most 60 min are allowed",
                new FeatureReading(true, Fields) { AsOf = Now - TimeSpan.FromMinutes(61) }
            },
            { "does not say how old", new FeatureReading(true, Fields) },
        };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Each_way_in_which_a_view_can_fail_is_told(string expected, FeatureReading? reading)
    {
        Disagreement found = Assert.Single(Features(reading));
        Assert.Equal(DisagreementKind.Features, found.Kind);
        Assert.Contains(expected, found.Text, StringComparison.Ordinal);
        Assert.StartsWith("feature view attributes for v2: ", found.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, null, "served with 2 fields, values 12 min old of at most 60 min")]
    [InlineData(false, "GENERATED", "not served (GENERATED)")]
    public void What_a_view_says_is_told_whether_it_agrees_or_not(bool served, string? note, string expected)
    {
        var reading = new FeatureReading(served, Fields) { AsOf = Now - TimeSpan.FromMinutes(12), Note = note };
        Party party = Assert.Single(FeatureAgreement.Parties(Candidate, Views(Source), _ => (reading, null), Now));
        Assert.Equal(("feature view attributes/2", expected), (party.Name, party.State));
        Assert.Equal(served, party.Disagreements.Count == 0);
    }

    [Fact]
    public void A_view_that_nobody_is_asked_about_says_so()
    {
        Party silent = Assert.Single(FeatureAgreement.Parties(Candidate, Views(null), _ => (null, "nobody"), Now));
        Assert.Equal("declared without a source, so that nobody is asked", silent.State);
        Party refused = Assert.Single(
            FeatureAgreement.Parties(Candidate, Views(Source), _ => (null, "connection refused"), Now)
        );
        Assert.Equal("cannot be asked: connection refused", refused.State);
    }

    [Fact]
    public void An_index_tells_its_space_and_its_backfill_whether_it_agrees_or_not()
    {
        Party whole = IndexAgreement.Of(Candidate, Index);
        Assert.Equal("index products/7", whole.Name);
        Assert.Equal(
            "products version 7 is served: space stones-2, 16 dimensions, metric cosine, 100 of 100 vectors",
            whole.State
        );
        Assert.Empty(whole.Disagreements);
        Party partial = IndexAgreement.Of(Candidate, Index with { Rows = 40 });
        Assert.EndsWith("40 of 100 vectors", partial.State, StringComparison.Ordinal);
        Assert.Contains(
            "backfill is not complete",
            Assert.Single(partial.Disagreements).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "unnamed version not told",
            IndexAgreement.Of(Candidate, new()).State,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_index_of_the_same_space_with_all_its_vectors_agrees()
    {
        Assert.Empty(IndexAgreement.CheckIndex(Candidate, Index));
        Assert.Empty(IndexAgreement.CheckBackfill(Candidate, Index));
        Assert.Empty(IndexAgreement.CheckEmbedder(Candidate, Index));
    }

    public static TheoryData<string, VectorReading> Mismatches =>
        new()
        {
            { "space is stones-1, the release declares stones-2", Index with { Space = "stones-1" } },
            { "space is not told", Index with { Space = null } },
            { "dimensions is 32, the release declares 16", Index with { Dimensions = 32 } },
            { "metric is dot, the release declares cosine", Index with { Metric = "dot" } },
        };

    [Theory]
    [MemberData(nameof(Mismatches), DisableDiscoveryEnumeration = true)]
    public void Another_space_is_refused_on_both_sides(string expected, VectorReading reading)
    {
        Assert.Contains(
            expected,
            Assert.Single(IndexAgreement.CheckIndex(Candidate, reading)).Text,
            StringComparison.Ordinal
        );
        Assert.Contains(
            expected,
            Assert.Single(IndexAgreement.CheckEmbedder(Candidate, reading)).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_alias_that_points_at_another_version_is_refused() =>
        Assert.Contains(
            "version 7 is declared, products version 6 is served",
            Assert.Single(IndexAgreement.CheckIndex(Candidate, Index with { Version = 6 })).Text,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData(99L, 100L, "99 of 100 vectors")]
    [InlineData(null, 100L, "does not say how many")]
    public void An_incomplete_backfill_is_waited_for(long? rows, long? all, string expected) =>
        Assert.Contains(
            expected,
            Assert.Single(IndexAgreement.CheckBackfill(Candidate, Index with { Rows = rows, Expected = all })).Text,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_monitor_whose_output_and_distribution_are_there_holds() =>
        Assert.Empty(MonitorRules.Check(Candidate, Monitor("price", "price-2026q4")));

    [Fact]
    public void A_monitor_that_knows_the_distributions_of_two_releases_is_ready_for_both()
    {
        Consumer both = Monitor("price", "price-2026q3");
        MonitorSpec monitors = both.Monitors!;
        both = both with
        {
            Monitors = monitors with { References = [.. monitors.References, new("price", "price-2026q4")] },
        };
        Assert.Empty(MonitorRules.Check(Candidate, both));
    }

    [Fact]
    public void A_monitor_whose_output_is_gone_goes_blind()
    {
        ContractVerdict verdict = Assert.Single(
            MonitorRules.Check(Candidate, Monitor("interval", "price-2026q4", "price"))
        );
        Assert.Equal((ContractRule.Presence, ContractOutcome.Breaks), (verdict.Rule, verdict.Outcome));
        Assert.Contains("price_mean", verdict.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_monitor_that_expects_another_distribution_breaks_and_shows_in_the_matrix()
    {
        ContractMatrix matrix = ContractMatrix.Of([Monitor("price", "price-2026q3")], Candidate, null);
        ContractVerdict verdict = Assert.Single(matrix.Breaks);
        Assert.Equal(ContractRule.Reference, verdict.Rule);
        Assert.Equal(("price-2026q3", "price-2026q4"), (verdict.Old, verdict.New));
    }

    private static IReadOnlyList<Disagreement> Features(FeatureReading? reading) =>
        FeatureAgreement.Check(
            Candidate,
            Views(Source),
            _ => (reading, reading is null ? "connection refused" : null),
            Now
        );

    private static Dictionary<string, FeatureView> Views(FeatureSource? source)
    {
        var version = new FeatureViewVersion(2, [new("carat", "FP32"), new("cut", "BYTES")])
        {
            Freshness = TimeSpan.FromHours(1),
            Source = source,
        };
        return new() { ["attributes"] = new FeatureView("attributes", [version]) };
    }

    private static Consumer Monitor(string metricOf, string distribution, string referenceOf = "price") =>
        new("monitor", "price", ConsumerRole.Monitoring, new Signature([new TensorSpec("price", "FP32", [-1, 1])]))
        {
            Monitors = new MonitorSpec(
                [new MonitoredMetric("price_mean", metricOf)],
                [new MonitoredReference(referenceOf, distribution)]
            ),
        };
}
