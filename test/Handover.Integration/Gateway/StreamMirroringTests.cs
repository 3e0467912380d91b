using System.Diagnostics;
using System.Net;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Divergence;
using Handover.Core.Foundation;
using Handover.Core.Payloads;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// Chats that stream, copied over real sockets: the caller gets each piece when the member wrote it, the copy has
/// deadlines of its own, and both texts are there to be compared.
/// </summary>
public sealed class StreamMirroringTests
{
    [Fact]
    public async Task A_caller_gets_each_piece_at_once_and_both_texts_are_recorded()
    {
        await using GatewayHarness h = await StartAsync();
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.Trickle([": hello\n\n", Delta("blue "), "dat", Delta("sky")[3..], Done], go);
        h.V2.Behaviour = Says(Delta("grey "), Delta("sky"), Done);
        go.Release();
        using HttpResponseMessage answer = await h.InferAsync("c-1", Ask);
        using Stream stream = await answer.Content.ReadAsStreamAsync();
        Assert.Equal(": hello\n\n", await PieceAsync(stream));

        // A comment says nothing: the first byte is that of the first event with text.
        await Task.Delay(150);
        go.Release();
        Assert.Equal(Delta("blue "), await PieceAsync(stream));
        Assert.Empty(h.V2.Log);
        go.Release(10);
        Assert.EndsWith(Done, await new StreamReader(stream).ReadToEndAsync(), StringComparison.Ordinal);

        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Exchange live = Assert.Single(h.Exchanges, e => e.Purpose == Purpose.Live);
        Exchange copy = Assert.Single(h.Exchanges, e => e.Purpose == Purpose.Shadow);
        Assert.Equal(("blue sky", "grey sky"), (Text(live), Text(copy)));
        Assert.True(
            live.FirstByte <= live.Latency && live.FirstByte > TimeSpan.FromMilliseconds(140),
            $"{live.FirstByte}"
        );
        Assert.True(copy.FirstByte <= copy.Latency && copy.FirstByte > TimeSpan.Zero, $"{copy.FirstByte}");
        await h.UntilAsync(() => h.Server.Status("price")!.Copies.Made == 1);
        CopyTally counted = h.Server.Status("price")!.Mirrored!.Copies;
        long bytes = Delta("grey ").Length + Delta("sky").Length + Done.Length;
        Assert.Equal((1, Ask.Length, bytes), (counted.Made, counted.BytesSent, counted.BytesRead));
        Assert.True(counted.Time > TimeSpan.Zero);
    }

    [Fact]
    public async Task A_candidate_that_goes_silent_in_the_middle_costs_the_callers_nothing_and_is_late()
    {
        await using GatewayHarness h = await StartAsync(TimeSpan.FromMilliseconds(300));
        h.V1.Behaviour = Says(Delta("a"), Done);
        h.V2.Behaviour = async (context, request) =>
        {
            await Says(Delta("a"))(context, request);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage answer = await h.InferAsync($"c-{i}", Ask);
            Assert.Equal(Delta("a") + Done, await answer.Content.ReadAsStringAsync());
        }

        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5), "live answers waited for copies");
        await h.UntilAsync(() => h.Exchanges.Count(e => e.Purpose == Purpose.Shadow) == 5);
        Exchange[] copies = [.. h.Exchanges.Where(e => e.Purpose == Purpose.Shadow)];
        Assert.All(copies, c => Assert.Equal(ExchangeOutcome.Timeout, c.Outcome));
        Assert.All(copies, c => Assert.Equal((200, "the answer stopped in the middle"), (c.Status, c.Failure)));
        Assert.Equal(5, h.Server.Status("price")!.Mirrored!.Copies.TimedOut);
        await h.UntilAsync(() => h.V2.Log.All(r => r.Broken));
    }

    [Fact]
    public async Task A_candidate_may_take_as_long_as_the_live_answer_did_and_more()
    {
        await using GatewayHarness h = await StartAsync(TimeSpan.FromMilliseconds(200));
        h.V1.Behaviour = Slowly(TimeSpan.FromMilliseconds(400));
        h.V2.Behaviour = Slowly(TimeSpan.FromMilliseconds(500));
        using HttpResponseMessage answer = await h.InferAsync("c-1", Ask);
        await answer.Content.ReadAsStringAsync();
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Exchange copy = Assert.Single(h.Exchanges, e => e.Purpose == Purpose.Shadow);
        Assert.Equal((ExchangeOutcome.Ok, "slow"), (copy.Outcome, Text(copy)));
        Assert.True(copy.Latency > TimeSpan.FromMilliseconds(450), $"{copy.Latency}");
    }

    [Fact]
    public async Task A_stream_that_is_too_long_to_be_kept_is_kept_as_the_answer_that_it_adds_up_to()
    {
        await using GatewayHarness h = await StartAsync();
        string[] words = [.. Enumerable.Range(0, 6_000).Select(i => Delta($"w{i} "))];
        h.V1.Behaviour = Says([.. words, Done]);
        h.V2.Behaviour = Says([.. words, Done]);
        using HttpResponseMessage answer = await h.InferAsync("c-1", Ask);
        string all = await answer.Content.ReadAsStringAsync();
        Assert.True(all.Length > 256 * 1024 && all.EndsWith(Done, StringComparison.Ordinal));
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        string text = string.Concat(Enumerable.Range(0, 6_000).Select(i => $"w{i} "));
        Assert.All(h.Exchanges, e => Assert.Equal(text, Text(e)));
        Assert.All(h.Exchanges, e => Assert.True(e.Response!.Value.Length < 256 * 1024));
    }

    [Fact]
    public async Task A_request_that_stable_turned_away_as_the_callers_mistake_is_not_copied()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(422);
        using HttpResponseMessage answer = await h.InferAsync("c-1", "{");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        await h.UntilAsync(() => h.Server.Status("price")!.Copies.Spared == 1);
        h.V1.Behaviour = FakeModelServer.Answer(500);
        using HttpResponseMessage broken = await h.InferAsync("c-1", Ask);
        await h.UntilAsync(() => h.Server.Status("price")!.Copies.Made == 1);
        FakeModelRequest copied = Assert.Single(h.V2.Log);
        Assert.Equal(Ask, Encoding.UTF8.GetString(copied.Body));
    }

    private const string Ask = """{"model":"m","stream":true,"messages":[{"role":"user","content":"What colour?"}]}""";

    [Theory]
    [InlineData(
        "event: content_block_delta\n",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"",
        "\"}}",
        "{\"type\":\"message_stop\"}"
    )]
    [InlineData(
        "event: response.output_text.delta\n",
        "{\"type\":\"response.output_text.delta\",\"delta\":\"",
        "\"}",
        "{\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"message\","
            + "\"content\":[{\"type\":\"output_text\",\"text\":\"TEXT\"}]}]}}"
    )]
    public async Task Messages_and_responses_are_compared_by_their_text(
        string name,
        string before,
        string after,
        string last
    )
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = Says(Event("blue "), Event("sky"), $"data: {last.Replace("TEXT", "blue sky")}\n\n");
        h.V2.Behaviour = Says(
            "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            Event("bl"),
            Event("ue "),
            Event("sk"),
            Event("y"),
            $"data: {last.Replace("TEXT", "blue sky")}\n\n"
        );
        (await h.InferAsync("c-1", Ask)).Dispose();
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Assert.Equal(["blue sky", "blue sky"], h.Exchanges.Select(Text));
        Assert.All(h.Exchanges, e => Assert.NotNull(e.FirstByte));
        Assert.False(Differs(h));
        h.Exchanges.Clear();
        h.V2.Behaviour = Says(Event("grey"), $"data: {last.Replace("TEXT", "grey")}\n\n");
        (await h.InferAsync("c-1", Ask)).Dispose();
        await h.UntilAsync(() => h.Exchanges.Count == 2);
        Assert.True(Differs(h));

        string Event(string text) => $"{name}data: {before}{text}{after}\n\n";
    }

    private static bool Differs(GatewayHarness h)
    {
        ReadOnlyMemory<byte>[] bodies = [.. h.Exchanges.Select(e => e.Response!.Value)];
        return AnswerComparison.Compare(WireProtocol.OpenAi, bodies[0].Span, bodies[1].Span, Tolerances.Exact).Differs;
    }

    private const string Done = "data: [DONE]\n\n";

    private static string Delta(string text) =>
        $$$"""data: {"id":"1","object":"chunk","choices":[{"index":0,"delta":{"content":"{{{text}}}"}}]}""" + "\n\n";

    private static Func<HttpContext, FakeModelRequest, Task> Says(params string[] pieces) =>
        FakeModelServer.Trickle(pieces, new SemaphoreSlim(int.MaxValue));

    private static Func<HttpContext, FakeModelRequest, Task> Slowly(TimeSpan wait) =>
        async (context, request) =>
        {
            await Task.Delay(wait, context.RequestAborted);
            await Says(Delta("slow"), Done)(context, request);
        };

    private static string Text(Exchange exchange) =>
        AnswerReader.Read(WireProtocol.OpenAi, exchange.Response!.Value.Span).Value.Find("content")!.Texts[0];

    private static async Task<string> PieceAsync(Stream stream)
    {
        byte[] buffer = new byte[4096];
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer, bound.Token));
    }

    private static Task<GatewayHarness> StartAsync(TimeSpan? timeout = null) =>
        GatewayHarness.StartAsync(h =>
        {
            h.Service = h.Service with { Protocol = WireProtocol.OpenAi };
            h.Mirror = new MirrorConfiguration("v2", Share.All, 8, timeout ?? TimeSpan.FromSeconds(5));
        });
}
