using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Testkit;
using Xunit;

namespace Handover.Tests.Traffic;

/// <summary>The laws of assignment: the same everywhere, monotone, and in the promised proportion.</summary>
public sealed class AssignmentProperties
{
    private static readonly Gen<string> Text = Gen.String[0, 40];
    private static readonly Gen<Share> AnyShare = Gen.Int[0, Share.Whole].Select(p => new Share(p));
    private static readonly Gen<Rule> AnyRule = RuleGenerators.Rules;

    private static readonly Gen<SegmentShare[]> Segments = Gen.Select(AnyRule, AnyShare)
        .Select((rule, share) => new SegmentShare(new Segment($"s{share.Parts % 7}", rule), share))
        .Array[0, 3];

    private static readonly Gen<Routing> AnyRouting = Gen.Select(Text, AnyShare, Segments)
        .Select(
            (salt, share, segments) =>
                new Routing("price", "v1")
                {
                    Candidate = "v2",
                    Salt = salt,
                    Share = share,
                    Segments = segments,
                }
        );

    [Fact]
    public void Hash_and_bucket_agree_with_the_obvious_twin()
    {
        Gen.Select(Text, Text)
            .Sample(
                (salt, entity) =>
                {
                    Assert.Equal(AssignmentOracle.Hash(entity), Murmur3.Hash(entity));
                    Assert.Equal(AssignmentOracle.Bucket(salt, entity), Assignment.Bucket(salt, entity));
                },
                iter: 50_000
            );
    }

    [Fact]
    public void A_growing_share_never_moves_an_entity_back()
    {
        Gen.Select(AnyRouting, AnyShare, Text, RuleGenerators.Attributes)
            .Sample(
                (routing, more, entity, attributes) =>
                {
                    Routing grown = routing with
                    {
                        Share = new Share(Math.Max(routing.Share.Parts, more.Parts)),
                        Segments =
                        [
                            .. routing.Segments.Select(s =>
                                s with
                                {
                                    Share = new Share(Math.Max(s.Share.Parts, more.Parts)),
                                }
                            ),
                        ],
                    };
                    bool before = Assignment.Assign(routing, entity, attributes).Release == "v2";
                    bool after = Assignment.Assign(grown, entity, attributes).Release == "v2";
                    Assert.True(after || !before);
                    Assert.Equal(before != after, new Slice(routing, grown).Contains(entity, attributes));
                },
                iter: 20_000
            );
    }

    [Fact]
    public void The_realised_share_lies_within_binomial_bounds()
    {
        const int entities = 20_000;
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 12], Gen.Int[500, 99_500])
            .Sample(
                (salt, parts) =>
                {
                    var routing = new Routing("price", "v1")
                    {
                        Candidate = "v2",
                        Salt = salt,
                        Share = new Share(parts),
                    };
                    int hit = Enumerable
                        .Range(0, entities)
                        .Count(i => Assignment.Assign(routing, $"c-{i}").Release == "v2");
                    double p = routing.Share.Ratio.Value;
                    double sd = Math.Sqrt(p * (1 - p) / entities);
                    Assert.InRange((double)hit / entities, p - (5 * sd), p + (5 * sd));
                },
                iter: 200
            );
    }

    [Fact]
    public void A_document_survives_its_canonical_text_and_hash()
    {
        AnyRouting.Sample(
            routing =>
            {
                string text = RoutingCodec.Encode(routing);
                Routing back = RoutingCodec.Decode(text).Value;
                Assert.Equal(text, RoutingCodec.Encode(back));
                Assert.Equal(RoutingCodec.Hash(routing), RoutingCodec.Hash(back));
                Assert.True(RoutingCodec.Same(routing, back));
            },
            iter: 5_000
        );
    }

    [Fact]
    public void A_damaged_document_is_a_problem_and_never_half_a_document()
    {
        Gen.Select(AnyRouting, Gen.Int[0, 1000], Gen.Char.AlphaNumeric)
            .Sample(
                (routing, at, c) =>
                {
                    char[] text = RoutingCodec.Encode(routing).ToCharArray();
                    text[at % text.Length] = c;
                    Result<Routing> back = RoutingCodec.Decode(new string(text));
                    Assert.True(back.Ok || back.Problems[0].Code is "bad-routing" or "bad-rule");
                },
                iter: 5_000
            );
    }
}
