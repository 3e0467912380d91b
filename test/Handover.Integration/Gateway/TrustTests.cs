using System.Net;
using System.Security.Cryptography;
using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Testkit;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>
/// Attacks on what callers and members must not be able to do: choose a release, forge a pin, pose as the gateway.
/// </summary>
public sealed class TrustTests
{
    private const string Hop = "/-/services/price/members/model/v2/models/price/infer";

    [Fact]
    public async Task A_caller_cannot_name_a_release_where_the_service_does_not_allow_it()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h => h.OverrideTokens = [Hash("secret")]);
        using HttpResponseMessage answer = await h.InferAsync("c-1", "{}", Wish("v2", "secret"));
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Equal("stable", Header(answer, "Handover-Reason"));
        Assert.DoesNotContain("Handover-Release", Assert.Single(h.V1.Log).Headers.Keys);
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData(null)]
    public async Task A_caller_without_the_right_token_cannot_name_a_release(string? token)
    {
        await using GatewayHarness h = await AllowedAsync();
        using HttpResponseMessage answer = await h.InferAsync("c-1", "{}", Wish("v2", token));
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Empty(h.V2.Log);
    }

    [Fact]
    public async Task A_caller_with_the_right_names_a_release_and_the_token_stays_here()
    {
        await using GatewayHarness h = await AllowedAsync();
        using HttpResponseMessage answer = await h.InferAsync("c-1", "{}", Wish("v2", "secret"));
        Assert.Equal("v2", Header(answer, "Handover-Release"));
        Assert.Equal("override", Header(answer, "Handover-Reason"));
        Assert.DoesNotContain("Authorization", Assert.Single(h.V2.Log).Headers.Keys);
        using HttpResponseMessage unknown = await h.InferAsync("c-1", "{}", Wish("v9", "secret"));
        await AssertProblemAsync(unknown, 404, "unknown-release");
    }

    [Fact]
    public async Task Forged_pins_are_taken_off_and_foreign_baggage_and_trace_pass_verbatim()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string forged = NewPin("v2").Sign(new byte[32]);
        const string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        const string state = "vendor=a:b;c, k2=  spaced, other=1";
        string answer = await h.RawAsync(
            $"POST {GatewayHarness.Path}/infer HTTP/1.1\r\nHost: x\r\nx-customer-id: c-1\r\nContent-Length: 2\r\n"
                + $"traceparent: {trace}\r\ntracestate: {state}\r\nbaggage: a=1;p=2,handover.pin={forged}\r\n"
                + $"baggage: Handover.Pin = {forged};x, b=%20\r\n\r\n{{}}"
        );
        Assert.Contains("200 OK", answer, StringComparison.Ordinal);
        FakeModelRequest seen = Assert.Single(h.V1.Log);
        Assert.Equal(trace, seen.Headers["traceparent"]);
        Assert.Equal(state, seen.Headers["tracestate"]);
        Assert.StartsWith("a=1;p=2,b=%20,handover.pin=", seen.Headers["baggage"], StringComparison.Ordinal);
        Assert.DoesNotContain(forged, seen.Headers["baggage"], StringComparison.Ordinal);
        Pin pin = Pin.Verify(PinOf(seen), [GatewayHarness.Key], TimeProvider.System.GetUtcNow())!;
        Assert.Equal(("price", "v1", 1L, Purpose.Live), (pin.Service, pin.Release, pin.Epoch, pin.Purpose));
    }

    [Fact]
    public async Task Members_are_closed_without_a_valid_pin()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        DateTimeOffset past = TimeProvider.System.GetUtcNow().AddSeconds(-1);
        string[] bad =
        [
            "",
            "handover.pin=",
            "handover.pin=abc.def",
            $"handover.pin={NewPin("v1").Sign(new byte[32])}",
            $"handover.pin={(NewPin("v1") with { Expires = past }).Sign(GatewayHarness.Key)}",
            $"handover.pin={(NewPin("v1") with { Service = "other" }).Sign(GatewayHarness.Key)}",
            string.Join(',', new[] { "v1", "v2" }.Select(r => $"handover.pin={NewPin(r).Sign(GatewayHarness.Key)}")),
        ];
        foreach (string baggage in bad)
        {
            using HttpResponseMessage answer = await HopAsync(h, baggage);
            await AssertProblemAsync(answer, 403, "pin-invalid");
        }

        Assert.Empty(h.V1.Log);
        Assert.Empty(h.V2.Log);
    }

    [Fact]
    public async Task A_hop_follows_its_pin_through_a_hold_and_after_the_switch()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string baggage = $"a=1,handover.pin={NewPin("v1").Sign(GatewayHarness.Key)}";
        long attempt = await h.HoldAsync(Routing.Only("price", "v2", switched: true));
        using HttpResponseMessage during = await HopAsync(h, baggage);
        Assert.Equal("v1", Header(during, "Handover-Release"));
        await h.UntilHeldAsync(attempt);
        await h.CommitAsync(attempt);
        using HttpResponseMessage after = await HopAsync(h, baggage);
        Assert.Equal("v1", Header(after, "Handover-Release"));
        FakeModelRequest seen = h.V1.Log.Last();
        Assert.Equal("the-request", seen.RequestId);
        Assert.Equal("/v2/models/price/infer", seen.Target);
        Assert.StartsWith("a=1,handover.pin=", seen.Headers["baggage"], StringComparison.Ordinal);
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Assert.All(h.Exchanges, e => Assert.False(e.Inference));
    }

    [Fact]
    public async Task A_member_cannot_speak_for_the_gateway_and_the_pin_never_leaves()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = FakeModelServer.Lie();
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Equal("1", Header(answer, "Handover-Epoch"));
        Assert.False(answer.Headers.Contains("Handover-Replayed"));
        Assert.False(answer.Headers.Contains("baggage"));
    }

    [Fact]
    public async Task A_caller_cannot_set_the_request_id_or_the_purpose()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using HttpResponseMessage answer = await h.InferAsync(
            "c-1",
            "{}",
            r =>
            {
                r.Headers.Add("Handover-Request-Id", "mine");
                r.Headers.Add("Handover-Purpose", "shadow");
            }
        );
        Assert.NotEqual("mine", Header(answer, "Handover-Request-Id"));
        FakeModelRequest seen = Assert.Single(h.V1.Log);
        Assert.Equal("live", seen.Headers["Handover-Purpose"]);
        Assert.NotEqual("mine", seen.RequestId);
    }

    [Theory]
    [InlineData("Connection: close, x-secret, baggage, content-length, traceparent, handover-purpose")]
    [InlineData("Connection: x-secret, baggage\r\nConnection: content-length, traceparent, close")]
    public async Task Headers_named_in_Connection_are_taken_off_but_never_those_that_frame_trace_or_pin(
        string connection
    )
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        string answer = await h.RawAsync(
            $"POST {GatewayHarness.Path}/infer HTTP/1.1\r\nHost: x\r\nx-customer-id: c-1\r\nContent-Length: 2\r\n"
                + "traceparent: t\r\nx-secret: 1\r\nbaggage: a=1\r\n"
                + $"{connection}\r\n\r\n{{}}"
        );
        Assert.Contains("200 OK", answer, StringComparison.Ordinal);
        FakeModelRequest seen = Assert.Single(h.V1.Log);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("x-secret", seen.Headers.Keys);
        Assert.Equal("t", seen.Headers["traceparent"]);
        Assert.Equal("live", seen.Headers["Handover-Purpose"]);
        Assert.Contains("handover.pin=", seen.Headers["baggage"], StringComparison.Ordinal);
        Assert.Equal(2, seen.Body.Length);
    }

    private static Task<GatewayHarness> AllowedAsync() =>
        GatewayHarness.StartAsync(h =>
        {
            h.OverrideTokens = [Hash("secret")];
            h.Service = h.Service with { AllowOverride = true };
        });

    private static Pin NewPin(string release) =>
        new("price", release, 1, Purpose.Live, TimeProvider.System.GetUtcNow().AddMinutes(1));

    private static string PinOf(FakeModelRequest seen) => seen.Headers["baggage"].Split("handover.pin=")[1];

    private static Action<HttpRequestMessage> Wish(string release, string? token) =>
        request =>
        {
            request.Headers.Add("Handover-Release", release);
            if (token is not null)
            {
                request.Headers.Add("Authorization", $"Bearer {token}");
            }
        };

    internal static string Hash(string token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private static Task<HttpResponseMessage> HopAsync(GatewayHarness h, string baggage)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Hop) { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("baggage", baggage);
        request.Headers.Add("Handover-Request-Id", "the-request");
        return h.Client.SendAsync(request);
    }
}
