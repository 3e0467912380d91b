using System.Diagnostics;
using System.Net;
using System.Text;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Xunit;
using static Handover.Integration.Gateway.ForwardingTests;

namespace Handover.Integration.Gateway;

/// <summary>Copies of live requests: they reach the watched release and never hurt the live answer.</summary>
public sealed class MirroringTests
{
    [Fact]
    public async Task A_copy_reaches_the_watched_release_with_the_same_id_and_is_recorded_with_its_answer()
    {
        await using GatewayHarness h = await StartAsync();
        using HttpResponseMessage answer = await h.InferAsync("c-1", """{"x":1}""");
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        FakeModelRequest copy = Assert.Single(h.V2.Log);
        Assert.Equal(Header(answer, "Handover-Request-Id"), copy.RequestId);
        Assert.Equal("shadow", copy.Headers["Handover-Purpose"]);
        Assert.Equal("""{"x":1}""", Encoding.UTF8.GetString(copy.Body));
        string token = copy.Headers["baggage"].Split("handover.pin=")[1];
        Pin pin = Pin.Verify(token, [GatewayHarness.Key], TimeProvider.System.GetUtcNow())!;
        Assert.Equal(("v2", Purpose.Shadow), (pin.Release, pin.Purpose));
        Exchange shadow = Assert.Single(h.Exchanges, e => e.Purpose == Purpose.Shadow);
        Assert.Equal(("v2", 200), (shadow.Release, shadow.Status));
        Assert.Contains("v2", Encoding.UTF8.GetString(shadow.Response!.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_release_that_stalls_costs_the_callers_nothing_and_its_copies_are_bounded()
    {
        await using GatewayHarness h = await StartAsync(concurrency: 2, timeout: TimeSpan.FromMilliseconds(500));
        h.V2.Behaviour = FakeModelServer.Stall();
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < 20; i++)
        {
            using HttpResponseMessage answer = await h.InferAsync($"c-{i}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsByteArrayAsync();
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5), "live answers waited for copies");
        await h.UntilAsync(() => h.Exchanges.Any(e => e.Outcome == ExchangeOutcome.Timeout));
        Assert.True(h.Server.Status("price")!.Copies.Dropped > 0);
        Assert.All(h.Exchanges, e => Assert.Equal(e.Purpose == Purpose.Shadow, e.Outcome == ExchangeOutcome.Timeout));
    }

    [Fact]
    public async Task What_was_refused_is_too_large_or_is_no_inference_is_not_copied()
    {
        await using GatewayHarness h = await StartAsync();
        using HttpResponseMessage large = await h.InferAsync("c-1", new string('x', (1 << 20) + 1));
        Assert.Equal(HttpStatusCode.OK, large.StatusCode);
        using HttpResponseMessage metadata = await h.Client.GetAsync(GatewayHarness.Path);
        Assert.Equal(HttpStatusCode.OK, metadata.StatusCode);
        using HttpResponseMessage refused = await h.InferAsync("c-1", new string('x', 5 << 20));
        Assert.Equal(413, (int)refused.StatusCode);
        await h.UntilAsync(() => h.Exchanges.Count == 3);
        await h.UntilAsync(() => h.Server.Status("price")!.Copies.Dropped == 1);
        Assert.Empty(h.V2.Log);
    }

    [Fact]
    public async Task Of_some_copies_stable_is_asked_a_second_time_with_the_mark_that_suppresses_side_effects()
    {
        await using GatewayHarness h = await StartAsync(redraw: Share.FromPercent(50));
        for (int i = 0; i < 40; i++)
        {
            using HttpResponseMessage answer = await h.InferAsync($"c-{i}", $$"""{"x":{{i}}}""");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await h.UntilAsync(() => h.Exchanges.Count(e => e.Purpose == Purpose.Shadow) == 40);
        string[] drawn =
        [
            .. h
                .Exchanges.Where(e => e.Purpose == Purpose.Live)
                .Select(e => e.RequestId)
                .Where(id => MirrorDraw.Redraws(id, Share.FromPercent(50)))
                .Order(StringComparer.Ordinal),
        ];
        Assert.InRange(drawn.Length, 5, 35);
        await h.UntilAsync(() => h.Exchanges.Count(e => e.Purpose == Purpose.Redraw) == drawn.Length);
        Exchange[] again = [.. h.Exchanges.Where(e => e.Purpose == Purpose.Redraw)];
        Assert.Equal(drawn, again.Select(e => e.RequestId).Order(StringComparer.Ordinal));
        Assert.All(again, e => Assert.Equal(("v1", 200), (e.Release, e.Status)));
        FakeModelRequest[] marked = [.. h.V1.Log.Where(r => r.Headers["Handover-Purpose"] == "shadow")];
        Assert.Equal(drawn.Select(id => $"{id}-again"), marked.Select(r => r.RequestId!).Order(StringComparer.Ordinal));
        Assert.Equal((40, drawn.Length), (h.V2.Log.Count, (int)h.Server.Status("price")!.Redraws.Made));
        Assert.Equal(40, h.Server.Status("price")!.Copies.Made);
    }

    [Fact]
    public async Task The_share_lowers_itself_while_the_watched_release_cannot_keep_up_and_comes_back()
    {
        await using GatewayHarness h = await StartAsync(concurrency: 2, timeout: TimeSpan.FromMilliseconds(200));
        h.V2.Behaviour = FakeModelServer.Stall();
        await h.UntilAsync(async () =>
        {
            (await h.InferAsync("c-1")).Dispose();
            return h.Server.Status("price")!.MirrorShare!.Now.Parts <= 50_000
                && h.Server.Status("price")!.Copies.Withheld > 0;
        });
        h.V2.Behaviour = FakeModelServer.Answer();
        Share low = h.Server.Status("price")!.MirrorShare!.Now;
        await h.UntilAsync(() => h.Server.Status("price")!.MirrorShare!.Now.Parts > low.Parts);
        Assert.Equal(Share.All, h.Server.Status("price")!.MirrorShare!.Wanted);
    }

    private static Task<GatewayHarness> StartAsync(
        int concurrency = 8,
        TimeSpan? timeout = null,
        Share redraw = default
    ) =>
        GatewayHarness.StartAsync(h =>
            h.Mirror = new MirrorConfiguration("v2", Share.All, concurrency, timeout ?? TimeSpan.FromSeconds(5))
            {
                Redraw = redraw,
            }
        );
}
