using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Xunit;

namespace Handover.Tests.Traffic;

public sealed class AssignmentTests
{
    private static readonly Dictionary<string, string> Acme = new() { ["tenant"] = "acme" };

    // Published with flagd's fractional v2: extremes of the hash, and the rows of its own test bed.
    [Theory]
    [InlineData("ejOoVL", 0x00000000u)]
    [InlineData("bY9fO-", 0x00000001u)]
    [InlineData("SI7p-", 0x7fffffffu)]
    [InlineData("6LvT0", 0x80000000u)]
    [InlineData("ceQdGm", 0xffffffffu)]
    [InlineData("hello", 0x248bfa47u)]
    [InlineData("", 0u)]
    public void The_hash_has_its_published_values(string text, uint hash) => Assert.Equal(hash, Murmur3.Hash(text));

    [Fact]
    public void The_bucket_of_a_known_customer_is_known() => Assert.Equal(93_796, Assignment.Bucket("price-v2", "c-1"));

    [Fact]
    public void A_request_without_an_entity_is_served_by_stable_until_everybody_is_switched()
    {
        Routing shifting = new("price", "v1") { Candidate = "v2", Share = Share.All };
        Assert.Equal("v1", Assignment.Assign(shifting, entity: null).Release);
        Assigned switched = Assignment.Assign(Routing.Only("price", "v2", switched: true), entity: null);
        Assert.Equal(("v2", AssignReason.Switched), (switched.Release, switched.Reason));
    }

    [Fact]
    public void The_largest_share_among_the_segments_counts_and_gives_the_reason()
    {
        var acme = new Segment("acme", Rule.Read("""{"==":[{"var":"tenant"},"acme"]}"""));
        var everyone = new Segment("everyone", Rule.Read("""{"!=":[{"var":"tenant"},"nobody"]}"""));
        var routing = new Routing("price", "v1")
        {
            Candidate = "v2",
            Salt = "s",
            Share = Share.FromPercent(1),
            Segments = [new SegmentShare(everyone, Share.FromPercent(2)), new SegmentShare(acme, Share.All)],
        };
        Assert.Equal(
            new Assigned("v2", AssignReason.Segment, Share.All) { Segment = "everyone" },
            Assignment.Assign(routing, "c-1", Acme)
        );
        Assert.Equal(Share.FromPercent(2), Assignment.Assign(routing, "c-1").CandidateShare);
    }

    [Fact]
    public void A_closed_document_holds_everybody()
    {
        Routing open = Routing.Only("price", "v1");
        Assert.False(new Slice(open, open).Contains("c-1"));
        Assert.True(new Slice(open, open with { Closed = true }).Contains("c-1"));
    }
}
