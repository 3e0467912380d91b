using System.Net;
using System.Net.Sockets;
using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>
/// What a copy must not do: act on the world, or be made of a request that was no good request. Members can only hold
/// back what they are told is a copy, so the mark must be on every hop that a copy causes.
/// </summary>
public sealed class MirrorMarksTests
{
    private const string Hop = "/-/services/price/members/encoder/v2/models/price/infer";

    [Fact]
    public async Task Every_hop_of_a_copy_is_marked_stays_with_its_release_and_counts_as_nobodys_request()
    {
        await using GatewayHarness h = await StartAsync(redraw: Share.All);
        h.V1.Behaviour = h.V2.Behaviour = (context, request) =>
            request.Target == Hop["/-/services/price/members/encoder".Length..] && request.Headers.ContainsKey("x-hop")
                ? FakeModelServer.Answer()(context, request)
                : AskEncoderAsync(h, context, request);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        string id = Header(answer, "Handover-Request-Id");
        await answer.Content.ReadAsByteArrayAsync();
        await h.UntilAsync(() => h.Exchanges.Count(e => e.Inference) == 3 && h.V1.Log.Count == 4);

        (string Release, string Purpose, bool Hop, string Id)[] asked =
        [
            .. h
                .V1.Log.Concat(h.V2.Log)
                .Select(r => (r.Release, r.Headers["Handover-Purpose"], r.Headers.ContainsKey("x-hop"), r.RequestId))
                .Order(),
        ];
        Assert.Equal(
            new[]
            {
                ("v1", "live", false, id),
                ("v1", "live", true, id),
                ("v1", "shadow", false, $"{id}-again"),
                ("v1", "shadow", true, $"{id}-again"),
                ("v2", "shadow", false, id),
                ("v2", "shadow", true, id),
            }.Order(),
            asked
        );
        Exchange[] hops = [.. h.Exchanges.Where(e => !e.Inference)];
        Assert.Equal(3, hops.Length);
        Assert.Single(hops, e => e.Purpose == Purpose.Live);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_copy_has_an_idempotency_key_of_its_own_where_the_caller_gave_one(bool direct)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
        {
            h.Direct = direct;
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5)) { Redraw = Share.All };
        });
        using HttpResponseMessage answer = await h.InferAsync(
            "c-1",
            set: r => r.Headers.TryAddWithoutValidation("Idempotency-Key", "\"mine\"")
        );
        string id = Header(answer, "Handover-Request-Id");
        using HttpResponseMessage without = await h.InferAsync("c-1");
        await h.UntilAsync(() => h.V1.Log.Count == 4 && h.V2.Log.Count == 2);
        string?[] keys =
        [
            .. h.V1.Log.Concat(h.V2.Log).Select(r => r.Headers.GetValueOrDefault("Idempotency-Key")).Order(),
        ];
        Assert.Equal(
            [null, null, null, $"\"handover-copy-{id}\"", $"\"handover-copy-{id}-again\"", "\"mine\""],
            keys.Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("""{ "a": [1, {"key": "mine"}],  "key":"mine" }""", """{ "a": [1, {"key": "ID"}],  "key":"mine" }""")]
    [InlineData("""{"a":[1,{"key":7}]}""", """{"a":[1,{"key":7}]}""")]
    [InlineData("no json", "no json")]
    public async Task A_key_inside_a_body_is_the_copys_own_too_and_nothing_else_changes(string sent, string copied)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
        {
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5));
            h.Service = h.Service with { Idempotency = h.Service.Idempotency with { Pointer = "/a/1/key" } };
        });
        using HttpResponseMessage answer = await h.InferAsync("c-1", sent);
        string id = Header(answer, "Handover-Request-Id");
        await h.UntilAsync(() => h.V1.Log.Count == 1 && h.V2.Log.Count == 1);
        Assert.Equal(sent, Encoding.UTF8.GetString(h.V1.Log.Single().Body));
        Assert.Equal(copied.Replace("ID", $"handover-copy-{id}"), Encoding.UTF8.GetString(h.V2.Log.Single().Body));
    }

    [Fact]
    public async Task A_status_that_the_service_calls_an_error_is_the_models_and_is_copied()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(503);
        using HttpResponseMessage failed = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        await h.UntilAsync(() => h.Exchanges.Count(e => e.Purpose == Purpose.Shadow) == 1);
        Assert.Equal(0, h.Server.Status("price")!.Copies.Spared);
    }

    [Fact]
    public async Task A_request_that_breaks_off_or_is_no_http_is_not_copied()
    {
        await using GatewayHarness h = await StartAsync();
        foreach (string body in (string[])["5\r\n{\"x\":\r\n", "zz\r\n"])
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", h.Server.Addresses[0].Port, TestContext.Current.CancellationToken);
            string head =
                $"POST {GatewayHarness.Path}/infer HTTP/1.1\r\nHost: x\r\nx-customer-id: c-1\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
            byte[] bytes = Encoding.ASCII.GetBytes(head + body);
            await socket.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken);
        }

        // Both were seen to their ends; then a good one, whose copy comes after theirs would have.
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Assert.All(h.Exchanges, e => Assert.NotEqual(ExchangeOutcome.Ok, e.Outcome));
        using HttpResponseMessage good = await h.InferAsync("c-1");
        await h.UntilAsync(() => h.Exchanges.Count(e => e.Purpose == Purpose.Shadow) == 1);
        Assert.Equal(Header(good, "Handover-Request-Id"), Assert.Single(h.V2.Log).RequestId);
    }

    // As a member of many hops does: it passes on what it was given, and lies about why it asks.
    private static async Task AskEncoderAsync(
        GatewayHarness h,
        Microsoft.AspNetCore.Http.HttpContext context,
        FakeModelRequest request
    )
    {
        using var hop = new HttpRequestMessage(HttpMethod.Post, Hop) { Content = new ByteArrayContent(request.Body) };
        hop.Headers.TryAddWithoutValidation("baggage", request.Headers["baggage"]);
        hop.Headers.TryAddWithoutValidation("Handover-Request-Id", request.RequestId);
        hop.Headers.TryAddWithoutValidation("Handover-Purpose", "live");
        hop.Headers.TryAddWithoutValidation("x-hop", "1");
        using HttpResponseMessage answer = await h.Client.SendAsync(hop, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static Task<GatewayHarness> StartAsync(Share redraw = default) =>
        GatewayHarness.StartAsync(h =>
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, TimeSpan.FromSeconds(5)) { Redraw = redraw }
        );
}
