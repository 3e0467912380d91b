using System.Net;
using System.Text;
using System.Text.Json;
using Handover.Core.Catalog;
using Handover.Core.Foundation;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>Requests and answers through a real gateway to real sockets, with members that misbehave.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task An_answer_says_which_release_made_it_and_the_member_learns_purpose_and_id()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using HttpResponseMessage answer = await h.InferAsync("c-1", """{"x":1}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        Assert.Equal("1", Header(answer, "Handover-Epoch"));
        Assert.Equal("stable", Header(answer, "Handover-Reason"));
        FakeModelRequest seen = Assert.Single(h.V1.Log);
        Assert.Equal(Header(answer, "Handover-Request-Id"), seen.RequestId);
        Assert.Equal("live", seen.Headers["Handover-Purpose"]);
        Assert.Equal("""{"x":1}""", Encoding.UTF8.GetString(seen.Body));
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal(ExchangeOutcome.Ok, exchange.Outcome);
        Assert.True(exchange.Inference);
        Assert.Equal("c-1", exchange.Entity);
        Assert.Equal("""{"x":1}""", Encoding.UTF8.GetString(exchange.Request!.Value.Span));
        Assert.Contains("v1", Encoding.UTF8.GetString(exchange.Response!.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_path_is_rewritten_and_the_query_stays_as_it_came()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Route = new ServiceRoute("/a") { Rewrite = "/b/c" } }
        );
        await h.RawAsync("GET /a/x%20y/z?q=%2F&r=a+b HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("/b/c/x%20y/z?q=%2F&r=a+b", Assert.Single(h.V1.Log).Target);
    }

    [Fact]
    public async Task A_share_sends_the_same_entity_to_the_same_release_every_time()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        await h.MoveAsync(HalfShare());
        for (int i = 0; i < 40; i++)
        {
            string entity = $"c-{i % 20}";
            string expected = Assignment.Assign(HalfShare(), entity).Release;
            using HttpResponseMessage answer = await h.InferAsync(entity);
            Assert.Equal(expected, Header(answer, "Handover-Release"));
        }

        Assert.NotEmpty(h.V1.Log);
        Assert.NotEmpty(h.V2.Log);
    }

    [Fact]
    public async Task Sabotage_mixes_releases_so_that_the_count_of_mixed_answers_is_known_to_work()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(sabotage: true);
        await h.MoveAsync(HalfShare());
        var releases = new HashSet<string>();
        for (int i = 0; i < 40; i++)
        {
            using HttpResponseMessage answer = await h.InferAsync("c-1");
            releases.Add(Header(answer, "Handover-Release"));
        }

        Assert.Equal(2, releases.Count);
    }

    [Fact]
    public async Task A_member_that_stalls_is_a_timeout_of_the_model()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Errors = new ErrorPolicy { Timeout = TimeSpan.FromMilliseconds(150) } }
        );
        h.V1.Behaviour = FakeModelServer.Stall();
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        await AssertProblemAsync(answer, 504, "model-timeout");
        Assert.Equal("v1", Header(answer, "Handover-Release"));
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Assert.Equal(ExchangeOutcome.Timeout, Assert.Single(h.Exchanges).Outcome);
        Assert.Empty(h.Server.Status("price")!.InFlight);
    }

    [Fact]
    public async Task A_member_that_resets_is_unreachable_and_is_asked_once()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = FakeModelServer.Reset();
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        await AssertProblemAsync(answer, 502, "model-unreachable");
        Assert.Single(h.V1.Log);
        Assert.Equal(ExchangeOutcome.Unreachable, Assert.Single(h.Exchanges).Outcome);
    }

    [Fact]
    public async Task A_member_that_changes_its_mind_half_way_never_looks_like_a_whole_answer()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.ChangeMind(go);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        go.Release();
        await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsStringAsync());
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Exchange exchange = Assert.Single(h.Exchanges);
        Assert.Equal(ExchangeOutcome.Unreachable, exchange.Outcome);
        Assert.Null(exchange.Response);
    }

    [Fact]
    public async Task Errors_of_the_model_pass_through_untouched()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(503);
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Contains("\"release\":\"v1\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await h.UntilAsync(() => h.Exchanges.Count == 1);
        Assert.Equal(ExchangeOutcome.ModelError, Assert.Single(h.Exchanges).Outcome);
    }

    [Fact]
    public async Task A_stream_reaches_the_caller_piece_by_piece()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using var go = new SemaphoreSlim(0);
        h.V1.Behaviour = FakeModelServer.Trickle(["data: 1\n\n", "data: 2\n\n"], go);
        go.Release();
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        await using Stream stream = await answer.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[9];
        await stream.ReadExactlyAsync(buffer);
        Assert.Equal("data: 1\n\n", Encoding.ASCII.GetString(buffer));
        go.Release();
        await stream.ReadExactlyAsync(buffer);
        Assert.Equal("data: 2\n\n", Encoding.ASCII.GetString(buffer));
    }

    [Fact]
    public async Task A_caller_that_goes_away_is_not_booked_on_the_model()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        h.V1.Behaviour = FakeModelServer.Stall();
        using var gone = new CancellationTokenSource();
        Task<HttpResponseMessage> call = h.Client.PostAsync(
            $"{GatewayHarness.Path}/infer",
            new StringContent("{}"),
            gone.Token
        );
        await h.UntilAsync(() => !h.V1.Log.IsEmpty);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await h.UntilAsync(() => !h.Exchanges.IsEmpty);
        Assert.Equal(ExchangeOutcome.ClientGone, Assert.Single(h.Exchanges).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_the_bound_is_413_whether_announced_or_not(bool announced)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Limits = new ServiceLimits { RequestBytes = 1000 } }
        );
        using HttpResponseMessage answer = await h.InferAsync(
            "c-1",
            new string('x', 5000),
            request => request.Headers.TransferEncodingChunked = announced ? null : true
        );
        await AssertProblemAsync(answer, 413, "body-too-large");
        await h.UntilAsync(() => !h.Exchanges.IsEmpty);
        Assert.Equal(ExchangeOutcome.Refused, Assert.Single(h.Exchanges).Outcome);
    }

    [Fact]
    public async Task An_entity_in_the_body_is_found_and_the_member_still_gets_the_body()
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync(h =>
            h.Service = h.Service with { Entity = new EntityKey(ValueSource.Json, "/user/id", AbsentEntity.Refuse) }
        );
        using HttpResponseMessage answer = await h.InferAsync("ignored", """{"user":{"id":42}}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("""{"user":{"id":42}}""", Encoding.UTF8.GetString(Assert.Single(h.V1.Log).Body));
        await h.UntilAsync(() => !h.Exchanges.IsEmpty);
        Assert.Equal("42", Assert.Single(h.Exchanges).Entity);
        using HttpResponseMessage without = await h.InferAsync("ignored", "{}");
        await AssertProblemAsync(without, 400, "entity-missing");
    }

    [Theory]
    [InlineData("/nothing", 404, "no-route")]
    [InlineData("/-/admin", 404, "no-route")]
    [InlineData("/-/services/none/members/model/x", 404, "no-route")]
    public async Task What_is_not_served_is_a_problem(string path, int status, string code)
    {
        await using GatewayHarness h = await GatewayHarness.StartAsync();
        using HttpResponseMessage answer = await h.Client.GetAsync(path);
        await AssertProblemAsync(answer, status, code);
        Assert.NotEmpty(Header(answer, "Handover-Request-Id"));
    }

    internal static Routing HalfShare() =>
        new("price", "v1")
        {
            Candidate = "v2",
            Salt = "s",
            Share = Share.FromPercent(50),
        };

    internal static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    internal static async Task AssertProblemAsync(HttpResponseMessage answer, int status, string code)
    {
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(code, json.RootElement.GetProperty("code").GetString());
        Assert.Equal($"https://handover.dev/problems/{code}", json.RootElement.GetProperty("type").GetString());
        Assert.Equal(status, json.RootElement.GetProperty("status").GetInt32());
        if (status == 503)
        {
            Assert.NotNull(answer.Headers.RetryAfter);
        }
    }
}
