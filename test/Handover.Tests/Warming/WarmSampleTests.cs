using Handover.Control.Warming;
using Handover.Ports;
using Handover.Tests.Journal;
using Xunit;

namespace Handover.Tests.Warming;

/// <summary>Which requests warm a release: all kinds of them, not only the usual one.</summary>
public sealed class WarmSampleTests
{
    [Fact]
    public void Every_shape_and_every_segment_warms_however_rare_it_is()
    {
        List<Exchange> recent = [.. Enumerable.Range(0, 400).Select(i => Shaped(i, "[1,4]"))];
        recent[123] = Shaped(123, "[64,4]");
        recent[250] = Shaped(250, "[1,4]") with { Segment = "beta" };
        IReadOnlyList<Exchange> sample = WarmSample.Of(recent, 100);
        Assert.Equal(100, sample.Count);
        Assert.Contains(recent[123], sample);
        Assert.Contains(recent[250], sample);
        Assert.Equal(sample.Count, sample.Distinct().Count());
        Assert.Equal([.. recent.Where(sample.Contains)], sample);
    }

    [Fact]
    public void Kinds_that_come_often_come_often_in_the_sample()
    {
        List<Exchange> recent = [.. Enumerable.Range(0, 1000).Select(i => Shaped(i, i % 4 == 0 ? "[8,4]" : "[1,4]"))];
        IReadOnlyList<Exchange> sample = WarmSample.Of(recent, 200);
        int large = sample.Count(e => Exchanges.Text(e.Request).Contains("[8,4]", StringComparison.Ordinal));
        Assert.InRange(large, 48, 52);

        // Over all of their time, not only the newest of them.
        Assert.Contains(sample, e => int.Parse(e.RequestId[2..], null) > 950);
    }

    [Fact]
    public void More_kinds_than_room_are_cut_and_few_requests_are_all_taken()
    {
        List<Exchange> recent = [.. Enumerable.Range(1, 50).Select(i => Shaped(i, $"[{i},4]"))];
        Assert.Equal(20, WarmSample.Of(recent, 20).Count);
        Assert.Same(recent, WarmSample.Of(recent, 50));
    }

    [Theory]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""", true)]
    [InlineData("""{"inputs":[{"data":[7,8],"shape":[1,2],"datatype":"FP32","name":"a"}]}""", true)]
    [InlineData("""{"inputs":[{"name":"a","datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}]}""", false)]
    [InlineData("""{"instances":[1,2]}""", false)]
    [InlineData("not json", false)]
    [InlineData("", false)]
    public void The_shape_of_a_request_is_that_of_its_tensors_whatever_their_values(string body, bool same)
    {
        string shape = WarmSample.Shape(
            Exchanges.Bytes("""{"inputs":[{"name":"a","datatype":"FP32","shape":[1,2],"data":[5,6]}]}""")
        );
        Assert.Equal(same, WarmSample.Shape(Exchanges.Bytes(body)) == shape);
    }

    private static Exchange Shaped(int i, string shape) =>
        Exchanges.One(i) with
        {
            Request = Exchanges.Bytes(
                $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":{{shape}},"data":[{{i}}]}]}"""
            ),
        };
}
