using System.Text;
using CsCheck;
using Handover.Core.Catalog;
using Handover.Core.Contracts;
using Handover.Core.Payloads;
using Xunit;

namespace Handover.Tests.Contracts;

public sealed class InputSkewTests
{
    private static readonly Dictionary<string, FeatureView> Views = new()
    {
        ["stones"] = new FeatureView(
            "stones",
            [
                new FeatureViewVersion(1, [new FeatureField("carat", "FP32") { Range = new ValueRange(0, 100) }]),
                new FeatureViewVersion(
                    2,
                    [
                        new FeatureField("carat", "FP32") { Range = new ValueRange(0.2, 5) },
                        new FeatureField("depth", "FP32") { Range = new ValueRange(40, 80) },
                        new FeatureField("table", "FP32"),
                    ]
                ),
            ]
        ),
    };

    [Fact]
    public void The_ranges_are_those_of_the_views_and_versions_that_the_candidate_reads()
    {
        Release candidate = Candidate(new ValueRange(0, 10)) with
        {
            Features = [new FeatureUse("stones", 2, ["carat", "table"]), new FeatureUse("gone", 1, [])],
        };
        Assert.Equal(
            [("x", "input of v2"), ("carat", "feature view stones/2")],
            InputSkew.Of(candidate, Views, []).Select(s => (s.Name, s.Declared))
        );
        Assert.Contains("not checked", InputSkew.Of(candidate, Views, [])[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"instances":[[7],[0.1],[1]]}""")]
    [InlineData("""{"inputs":[7,0.1,1]}""")]
    public void Rows_without_a_name_are_those_of_the_only_input(string body)
    {
        var request = RequestNumbers.Of(WireProtocol.TensorFlowServing, Encoding.UTF8.GetBytes(body))!;
        Release one = Candidate(new ValueRange(0, 5));
        Assert.Equal((3, 1), (Only(one).Values, Only(one).Outside));
        TensorSpec other = new("y", "FP32", [-1]);
        Release two = one with { Input = new Signature([.. one.Input!.Tensors, other]) };
        Assert.Equal((0, 1), (Only(two).Values, Only(two).Absent));

        InputSkew Only(Release release) => Assert.Single(InputSkew.Of(release, Views, [request]));
    }

    [Theory]
    [InlineData(WireProtocol.Json, """{"stone":{"carat":7,"depth":60},"more":[{"carat":0.1},{"carat":1}]}""")]
    [InlineData(WireProtocol.TensorFlowServing, """{"instances":[{"carat":7},{"carat":0.1},{"carat":1}]}""")]
    [InlineData(
        WireProtocol.OpenInference,
        """{"inputs":[{"name":"carat","datatype":"FP32","shape":[3],"data":[7,0.1,1]}]}"""
    )]
    public void Values_are_found_by_their_field_in_every_protocol_that_has_fields(WireProtocol protocol, string body)
    {
        Release candidate = Candidate(null) with { Features = [new FeatureUse("stones", 2, ["carat"])] };
        var request = RequestNumbers.Of(protocol, Encoding.UTF8.GetBytes(body))!;
        InputSkew skew = Assert.Single(
            InputSkew.Of(candidate, Views, [request, new Dictionary<string, IReadOnlyList<double>>()])
        );
        Assert.Equal((3, 2, 1, 0.1, 7), (skew.Values, skew.Outside, skew.Absent, skew.Least!.Value, skew.Most!.Value));
        Assert.Equal("carat: 2 of 3 values outside 0.2 to 5, seen 0.1 to 7 (feature view stones/2)", skew.Text);
    }

    [Fact]
    public void What_cannot_be_read_has_no_numbers()
    {
        Assert.Null(RequestNumbers.Of(WireProtocol.OpenInference, "{}"u8));
        Assert.Null(RequestNumbers.Of(WireProtocol.Json, "{"u8));
        Assert.Null(RequestNumbers.Of(WireProtocol.OpenAi, """{"messages":[]}"""u8));
    }

    [Fact]
    public void Counts_are_those_of_the_obvious_way()
    {
        Gen.Double[-20, 20]
            .Array[0, 6]
            .Array[0, 8]
            .Sample(requests =>
            {
                var found = requests
                    .Select(r =>
                        (IReadOnlyDictionary<string, IReadOnlyList<double>>)
                            new Dictionary<string, IReadOnlyList<double>> { ["x"] = r }
                    )
                    .ToList();
                InputSkew skew = Assert.Single(InputSkew.Of(Candidate(new ValueRange(-5, 5)), Views, found));
                double[] all = [.. requests.SelectMany(r => r)];
                Assert.Equal(all.Length, skew.Values);
                Assert.Equal(all.Count(v => v is < -5 or > 5), skew.Outside);
                Assert.Equal(requests.Count(r => r.Length == 0), skew.Absent);
                Assert.Equal(all.Length == 0 ? null : all.Max(), skew.Most);
            });
    }

    private static Release Candidate(ValueRange? range) =>
        new()
        {
            Name = "v2",
            Service = "price",
            Members = new Dictionary<string, Member>(),
            Input = new Signature([new TensorSpec("x", "FP32", [-1]) { Range = range }]),
        };
}
