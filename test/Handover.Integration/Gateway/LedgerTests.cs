using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Handover.Control.Ledger;
using Handover.Core.Catalog;
using Handover.Core.Ledger;
using Handover.Core.Moves;
using Handover.Core.Traffic;
using Handover.Ports;
using Handover.Testkit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Handover.Integration.Gateway;

/// <summary>
/// Requests with a key through a real gateway, judged by what the model servers were asked: nothing is decided twice.
/// </summary>
public sealed class LedgerTests : IAsyncLifetime
{
    private static readonly Routing V1 = Routing.Only("price", "v1");
    private static readonly Routing V2 = Routing.Only("price", "v2", switched: true);

    private readonly string _directory = Directory.CreateTempSubdirectory("handover-ledger-").FullName;
    private LedgerStore _store = null!;
    private FlakyLedger _ledger = null!;

    public ValueTask InitializeAsync()
    {
        Open();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_second_try_gets_the_first_answer_and_the_model_is_not_asked_again()
    {
        await using GatewayHarness h = await StartAsync();
        using HttpResponseMessage first = await Ask(h, "k-1");
        using HttpResponseMessage second = await Ask(h, "k-1");
        string body = await first.Content.ReadAsStringAsync();
        Assert.Equal(body, await second.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal("application/json", second.Content.Headers.ContentType?.MediaType);
        Assert.False(first.Headers.Contains("Handover-Replayed"));
        Assert.Equal(
            ("true", "replayed", "v1"),
            (Head(second, "Replayed"), Head(second, "Reason"), Head(second, "Release"))
        );
        Assert.NotEqual(Head(first, "Request-Id"), Head(second, "Request-Id"));
        Assert.Single(h.V1.Log);
        Exchange replay = Assert.Single(h.Exchanges, e => e.Reason == AssignReason.Replayed);
        Assert.Null(replay.Request);
    }

    [Fact]
    public async Task What_the_candidate_decided_is_answered_from_the_record_after_the_rollback()
    {
        await using GatewayHarness h = await StartAsync();
        await h.MoveAsync(V2);
        string decided = await Text(await Ask(h, "k-1"));
        await h.MoveAsync(V1);
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal(decided, await again.Content.ReadAsStringAsync());
        Assert.Equal(("v2", "2", "replayed"), (Head(again, "Release"), Head(again, "Epoch"), Head(again, "Reason")));
        using HttpResponseMessage fresh = await Ask(h, "k-2");
        Assert.Equal("v1", Head(fresh, "Release"));
        Assert.Equal((1, 1), (h.V2.Log.Count, h.V1.Log.Count));
    }

    [Fact]
    public async Task A_decision_is_told_while_the_service_is_on_the_move()
    {
        await using GatewayHarness h = await StartAsync();
        using HttpResponseMessage first = await Ask(h, "k-1");
        long attempt = await h.HoldAsync(V2);
        using HttpResponseMessage again = await Ask(h, "k-1").WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal("replayed", Head(again, "Reason"));
        await h.UntilHeldAsync(attempt);
        await h.CommitAsync(attempt);
    }

    [Fact]
    public async Task The_rules_of_the_key_are_those_of_the_draft()
    {
        await using GatewayHarness h = await StartAsync(p => p with { Mode = IdempotencyMode.Required });
        await ExpectAsync(await h.InferAsync("c-1"), 400, "idempotency-key-missing");
        await ExpectAsync(await Ask(h, "", quoted: "unquoted"), 400, "idempotency-key-bad");
        await ExpectAsync(await Ask(h, "", quoted: "\"a\", \"b\""), 400, "idempotency-key-bad");
        await ExpectAsync(await Ask(h, new string('k', 256)), 400, "idempotency-key-bad");
        await ExpectAsync(await Ask(h, ""), 400, "idempotency-key-bad");
        using HttpResponseMessage first = await Ask(h, "k-1");
        await ExpectAsync(await Ask(h, "k-1", body: "{\"other\":1}"), 422, "idempotency-key-reused");
        await ExpectAsync(await Ask(h, "k-1", entity: "c-2"), 422, "idempotency-key-reused");
        using HttpResponseMessage read = await h.Client.GetAsync(GatewayHarness.Path);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.Equal(2, h.V1.Log.Count);
    }

    [Fact]
    public async Task Without_a_key_an_optional_service_knows_no_ledger()
    {
        await using GatewayHarness h = await StartAsync();
        _ledger.Away = true;
        using HttpResponseMessage answer = await h.InferAsync("c-1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_key_may_be_in_the_body()
    {
        await using GatewayHarness h = await StartAsync(p => p with { Pointer = "/order/id" });
        string body = """{"order":{"id":"o-7"}}""";
        using HttpResponseMessage first = await h.InferAsync("c-1", body);
        using HttpResponseMessage again = await h.InferAsync("c-1", body);
        Assert.Equal("replayed", Head(again, "Reason"));
        Assert.Single(h.V1.Log);
    }

    [Fact]
    public async Task Of_many_at_once_one_runs_and_the_others_hear_that_it_does()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(delay: TimeSpan.FromMilliseconds(300));
        Task<HttpResponseMessage>[] calls = [.. Enumerable.Range(0, 20).Select(_ => Ask(h, "k-1"))];
        HttpResponseMessage[] answers = await Task.WhenAll(calls);
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.OK);
        foreach (HttpResponseMessage busy in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
        {
            Assert.Equal("1", busy.Headers.RetryAfter?.ToString());
            await ExpectAsync(busy, 409, "decision-in-flight");
        }

        Assert.Single(h.V1.Log);
    }

    [Fact]
    public async Task A_caller_who_goes_away_finds_the_answer_when_it_comes_back()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(delay: TimeSpan.FromMilliseconds(300));
        using var impatient = new CancellationTokenSource();
        Task<HttpResponseMessage> gone = Ask(h, "k-1", cancel: impatient.Token);
        await h.UntilAsync(() => h.V1.Log.Count == 1);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await h.UntilAsync(async () => await RowAsync("k-1") is { Stage: DecisionStage.Done });
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal((HttpStatusCode.OK, "replayed"), (again.StatusCode, Head(again, "Reason")));
        Assert.Single(h.V1.Log);
        Assert.False(h.V1.Log.Single().Broken);
    }

    [Fact]
    public async Task A_model_that_breaks_off_leaves_a_doubt_that_no_release_risks_and_a_person_settles()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Reset();
        using HttpResponseMessage broken = await Ask(h, "k-1");
        Assert.Equal(HttpStatusCode.BadGateway, broken.StatusCode);
        h.V1.Behaviour = FakeModelServer.Answer();
        await ExpectAsync(await Ask(h, "k-1"), 409, "decision-unknown");
        await h.MoveAsync(V2);
        await ExpectAsync(await Ask(h, "k-1"), 409, "decision-unknown");
        Assert.Equal((1, 0), (h.V1.Log.Count, h.V2.Log.Count));
        string run = (await RowAsync("k-1"))!.RequestId;
        await _store.TellAsync(new LedgerWrite.Settle("price", "k-1", run, null));
        using HttpResponseMessage settled = await Ask(h, "k-1");
        Assert.Equal((HttpStatusCode.OK, "v2"), (settled.StatusCode, Head(settled, "Release")));
    }

    [Fact]
    public async Task Where_a_second_run_does_no_harm_a_doubt_is_run_again()
    {
        await using GatewayHarness h = await StartAsync(p => p with { ReplaySafe = true });
        h.V1.Behaviour = FakeModelServer.Reset();
        using HttpResponseMessage broken = await Ask(h, "k-1");
        h.V1.Behaviour = FakeModelServer.Answer();
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal((HttpStatusCode.OK, 2), (again.StatusCode, h.V1.Log.Count));
    }

    [Theory]
    [InlineData(503, 2)]
    [InlineData(429, 2)]
    [InlineData(500, 1)]
    [InlineData(400, 1)]
    public async Task Only_an_answer_that_says_so_is_no_decision(int status, int asked)
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = FakeModelServer.Answer(status);
        using HttpResponseMessage first = await Ask(h, "k-1");
        using HttpResponseMessage second = await Ask(h, "k-1");
        Assert.Equal((status, status, asked), ((int)first.StatusCode, (int)second.StatusCode, h.V1.Log.Count));
    }

    [Fact]
    public async Task A_member_that_cannot_be_reached_leaves_the_key_free()
    {
        await using GatewayHarness h = await StartAsync();
        await h.V1.DisposeAsync();
        using HttpResponseMessage refused = await Ask(h, "k-1");
        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.Null(await RowAsync("k-1"));
    }

    [Fact]
    public async Task Without_the_ledger_nothing_is_sent()
    {
        await using GatewayHarness h = await StartAsync();
        _ledger.Away = true;
        HttpResponseMessage refused = await Ask(h, "k-1");
        Assert.NotNull(refused.Headers.RetryAfter);
        await ExpectAsync(refused, 503, "ledger-unavailable");
        Assert.Empty(h.V1.Log);
        _ledger.Away = false;
        using HttpResponseMessage answer = await Ask(h, "k-1");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_recorded_is_not_given_until_it_is()
    {
        await using GatewayHarness h = await StartAsync();
        h.V1.Behaviour = async (context, request) =>
        {
            _ledger.Away = true;
            await FakeModelServer.Answer()(context, request);
        };
        await ExpectAsync(await Ask(h, "k-1"), 503, "decision-not-recorded");
        _ledger.Away = false;
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal((HttpStatusCode.OK, "replayed"), (again.StatusCode, Head(again, "Reason")));
        Assert.Single(h.V1.Log);
    }

    [Fact]
    public async Task With_a_spool_a_service_goes_on_and_the_record_is_merged()
    {
        await using GatewayHarness h = await StartAsync(p => p with { WhenStoreDown = LedgerOutage.Spool });
        _ledger.Away = true;
        string decided = await Text(await Ask(h, "k-1"));
        _ledger.Away = false;
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal(("replayed", decided), (Head(again, "Reason"), await again.Content.ReadAsStringAsync()));
        Assert.Single(h.V1.Log);
        Assert.Equal((0, 0L), (_store.Counts.Spooled, _store.Counts.RanTwice));
    }

    [Fact]
    public async Task An_answer_that_is_too_large_to_keep_is_given_once_and_never_made_again()
    {
        await using GatewayHarness h = await StartAsync();
        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        h.V1.Behaviour = async (context, _) => await context.Response.Body.WriteAsync(large);
        using HttpResponseMessage first = await Ask(h, "k-1");
        Assert.Equal(large, await first.Content.ReadAsByteArrayAsync());
        await ExpectAsync(await Ask(h, "k-1"), 409, "decision-not-kept");
        Assert.Single(h.V1.Log);
    }

    [Fact]
    public async Task Copies_and_hops_never_touch_the_ledger()
    {
        await using GatewayHarness h = await StartAsync(
            p => p,
            h => h.Mirror = new MirrorConfiguration("v2", Core.Foundation.Share.All, 8, TimeSpan.FromSeconds(5))
        );
        using HttpResponseMessage first = await Ask(h, "k-1");
        await h.UntilAsync(() => h.V2.Log.Count == 1);
        using HttpResponseMessage replayed = await Ask(h, "k-1");
        Assert.Equal("replayed", Head(replayed, "Reason"));
        await _store.FlushAsync(default);
        IReadOnlyList<(long, Decision Row)> rows = await _store.PageAsync(new DecisionQuery("price"), 0, 10, default);
        Assert.Equal("v1", Assert.Single(rows).Row.Release);
        Assert.Equal((1, 1), (h.V1.Log.Count, h.V2.Log.Count));
    }

    [Fact]
    public async Task A_restart_knows_what_was_decided()
    {
        await using GatewayHarness h = await StartAsync();
        string decided = await Text(await Ask(h, "k-1"));
        await _store.DisposeAsync();
        Open();
        using HttpResponseMessage again = await Ask(h, "k-1");
        Assert.Equal(("replayed", decided), (Head(again, "Reason"), await again.Content.ReadAsStringAsync()));
    }

    private void Open()
    {
        var options = new LedgerOptions { Directory = _directory };
        _store = LedgerStore.Open(options, _ => null, TimeProvider.System, NullLogger<LedgerStore>.Instance);
        _ledger ??= new FlakyLedger(() => _store);
    }

    private Task<GatewayHarness> StartAsync(
        Func<IdempotencyPolicy, IdempotencyPolicy>? policy = null,
        Action<GatewayHarness>? set = null
    ) =>
        GatewayHarness.StartAsync(h =>
        {
            var optional = new IdempotencyPolicy { Mode = IdempotencyMode.Optional };
            h.Service = h.Service with { Idempotency = policy?.Invoke(optional) ?? optional };
            h.Ledger = _ledger;
            set?.Invoke(h);
        });

    private Task<Decision?> RowAsync(string key) => _store.FindAsync("price", key).AsTask();

    private static Task<HttpResponseMessage> Ask(
        GatewayHarness h,
        string key,
        string entity = "c-1",
        string body = "{}",
        string? quoted = null,
        CancellationToken cancel = default
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{GatewayHarness.Path}/infer")
        {
            Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.Add("x-customer-id", entity);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", quoted ?? $"\"{key}\"");
        return h.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    private static async Task<string> Text(HttpResponseMessage answer)
    {
        using (answer)
        {
            return await answer.Content.ReadAsStringAsync();
        }
    }

    private static string Head(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues($"Handover-{name}", out IEnumerable<string>? values) ? values.Single() : "";

    private static async Task ExpectAsync(HttpResponseMessage answer, int status, string code)
    {
        string text = await Text(answer);
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
    }

    /// <summary>A ledger that can be out of reach; what is to be told later waits for its return.</summary>
    private sealed class FlakyLedger(Func<LedgerStore> store) : ILedgerPort
    {
        private readonly Queue<LedgerWrite> _later = [];
        private bool _away;

        public bool Away
        {
            get => _away;
            set
            {
                _away = value;
                while (!value && _later.TryDequeue(out LedgerWrite? write))
                {
                    store().TellLater(write);
                }
            }
        }

        public ValueTask<LedgerReply?> TellAsync(LedgerWrite write) =>
            Away ? new((LedgerReply?)null) : store().TellAsync(write);

        public ValueTask<LedgerReply?> SpoolAsync(LedgerWrite write) => store().SpoolAsync(write);

        public void TellLater(LedgerWrite write) => _later.Enqueue(write);

        public ValueTask<Decision?> FindAsync(string service, string key) =>
            Away ? new((Decision?)null) : store().FindAsync(service, key);
    }
}
