using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Traffic;
using Handover.Gateway.Forwarding;
using Handover.Gateway.Observing;
using Handover.Gateway.Routing;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Tests.Gateway;

/// <summary>The pure parts of routing: targets, routes, entities, baggage.</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("/a/b?c=d?e", "/a/b", "?c=d?e")]
    [InlineData("/a%20b", "/a%20b", "")]
    [InlineData("http://h:1/a?b", "/a", "?b")]
    [InlineData("http://h", "/", "")]
    [InlineData("http://h?b", "/", "?b")]
    public void A_plain_target_is_taken_as_it_is(string raw, string path, string query) =>
        Assert.Equal(new RequestTarget(path, query), RequestTarget.Parse(raw));

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("/a b")]
    [InlineData("/a#b")]
    [InlineData("/a\u00e9")]
    [InlineData("/a\r\nb")]
    [InlineData("/./a")]
    [InlineData("/a/%2e")]
    [InlineData("/%2E%2e/a")]
    [InlineData("/a\\b")]
    [InlineData("/a%5Cb")]
    [InlineData("/a%0d%0ab")]
    [InlineData("/a%")]
    [InlineData("/a%4")]
    public void A_target_with_two_readings_is_none(string raw) => Assert.Null(RequestTarget.Parse(raw));

    [Theory]
    [InlineData("h", "/a", "a", "/a")]
    [InlineData("h", "/a/x", "a", "/a/x")]
    [InlineData("h", "/a/b", "ab", "/new")]
    [InlineData("h", "/a/b/c%20d", "ab", "/new/c%20d")]
    [InlineData("h", "/a/%62/c", "ab", "/new/c")]
    [InlineData("special", "/a/b/c", "host", "/a/b/c")]
    [InlineData("SPECIAL", "/a/b", "host", "/a/b")]
    [InlineData("h", "/a/b%2Fc", "a", "/a/b%2Fc", true)]
    [InlineData("h", "/a/x%2Fy", "a", "/a/x%2Fy")]
    public void The_longest_prefix_of_whole_segments_wins(
        string host,
        string path,
        string service,
        string member,
        bool ambiguous = false
    )
    {
        var table = new RouteTable([
            NewService("a", new ServiceRoute("/a")),
            NewService("ab", new ServiceRoute("/a/b") { Rewrite = "/new/" }),
            NewService("host", new ServiceRoute("/a/b") { Hosts = ["special"] }),
        ]);
        RouteMatch match = table.Match(host, RequestTarget.Parse(path)!);
        Assert.Equal(ambiguous ? new RouteMatch.Ambiguous() : new RouteMatch.Found(service, member), match);
    }

    [Theory]
    [InlineData("/ab")]
    [InlineData("/A")]
    [InlineData("/")]
    [InlineData("//a")]
    public void Half_a_segment_is_no_match(string path)
    {
        var table = new RouteTable([NewService("a", new ServiceRoute("/a"))]);
        Assert.Equal(new RouteMatch.None(), table.Match("h", RequestTarget.Parse(path)!));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("/a/b/1", "y")]
    [InlineData("/a~1b/m~0n", "7.50")]
    [InlineData("/a/b/01", null)]
    [InlineData("/a/b/9", null)]
    [InlineData("/a", null)]
    [InlineData("/on", "true")]
    [InlineData("/off", null)]
    [InlineData("a", null)]
    public void A_pointer_reads_strings_numbers_and_truth(string pointer, string? expected)
    {
        byte[] body = Encoding.UTF8.GetBytes("""{"a":{"b":["x","y"]},"a/b":{"m~n":7.50},"on":true,"off":null}""");
        Assert.Equal(expected, JsonPointer.Read(body, pointer));
        Assert.Null(JsonPointer.Read("{broken"u8.ToArray(), pointer));
    }

    [Theory]
    [InlineData("?id=c-1&x=2", "c-1", false)]
    [InlineData("?id=a%20b+c", "a b c", false)]
    [InlineData("?id=1&id=2", null, true)]
    [InlineData("?id=", null, false)]
    [InlineData("", null, false)]
    public void An_entity_in_the_query_is_decoded_and_never_guessed(string query, string? entity, bool refused)
    {
        Service service = NewService("a", new ServiceRoute("/a")) with
        {
            Entity = new EntityKey(ValueSource.Query, "id"),
        };
        EntityReading reading = EntityReader.Read(service, new DefaultHttpContext().Request, query, default);
        Assert.Equal(entity, reading.Entity);
        Assert.Equal(refused, reading.Refused is not null);
    }

    [Fact]
    public void An_entity_that_is_given_twice_or_is_too_long_is_refused()
    {
        Service service = NewService("a", new ServiceRoute("/a"));
        HttpRequest request = new DefaultHttpContext().Request;
        request.Headers["x-id"] = new[] { "1", "2" };
        Assert.NotNull(EntityReader.Read(service, request, "", default).Refused);
        request.Headers["x-id"] = new string('x', 513);
        Assert.NotNull(EntityReader.Read(service, request, "", default).Refused);
    }

    [Fact]
    public void Baggage_gives_up_its_pins_and_keeps_the_rest_verbatim()
    {
        var baggage = Baggage.Read(new[] { "a=1; p=%20 , handover.pin = t1 ;x", "HANDOVER.PIN=t2,,b=\u00e9" });
        Assert.Equal(["a=1; p=%20", "b=\u00e9"], baggage.Others);
        Assert.Equal(["t1", "t2"], baggage.Pins);
        Assert.Equal($"a=1; p=%20,b=\u00e9,{Pin.BaggageKey}=t3", baggage.With(["t3"]));
    }

    [Fact]
    public void Half_a_body_is_no_body()
    {
        var copy = new BodyCopy(4);
        copy.Take("abc"u8);
        Assert.Null(copy.Within(4));
        copy.Ended = true;
        Assert.Equal("abc"u8.ToArray(), copy.Within(4)!.Value.ToArray());
        Assert.Null(copy.Within(2));
        copy.Take("de"u8);
        Assert.Null(copy.Within(4));
    }

    [Theory]
    [InlineData(WireProtocol.OpenInference, "POST", "/v2/models/m/infer", true)]
    [InlineData(WireProtocol.OpenInference, "GET", "/v2/models/m/infer", false)]
    [InlineData(WireProtocol.OpenInference, "POST", "/v2/models/m/ready", false)]
    [InlineData(WireProtocol.OpenInference, "POST", "/v2/models/m/generate", true)]
    [InlineData(WireProtocol.OpenInference, "POST", "/v2/models/m/generate_stream", true)]
    [InlineData(WireProtocol.TensorFlowServing, "POST", "/v1/models/m:predict", true)]
    [InlineData(WireProtocol.OpenAi, "POST", "/v1/chat/completions", true)]
    [InlineData(WireProtocol.Json, "GET", "/", false)]
    public void Only_inference_counts(WireProtocol protocol, string method, string path, bool expected) =>
        Assert.Equal(expected, ExchangeRecorder.IsInference(protocol, method, path));

    internal static Service NewService(string name, ServiceRoute route) =>
        new()
        {
            Name = name,
            Route = route,
            Stable = "v1",
            Entity = new EntityKey(ValueSource.Header, "x-id"),
        };
}
