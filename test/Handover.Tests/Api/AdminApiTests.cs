using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Handover.Control.Security;
using Handover.Protocol;
using Xunit;

namespace Handover.Tests.Api;

public sealed class AdminApiTests : IAsyncLifetime
{
    private const string Manifests = """
        apiVersion: handover.dev/v1
        kind: Service
        metadata: { name: price }
        spec:
          route: { path: /v2/models/price }
          stable: v1
          entity: { from: header, name: x-customer-id }
        ---
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v1, service: price }
        spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9001 ], ready: /ready } } }
        ---
        apiVersion: handover.dev/v1
        kind: Release
        metadata: { name: v2, service: price }
        spec: { members: { model: { runtime: http, endpoints: [ http://127.0.0.1:9002 ], ready: /ready } } }
        """;

    private AdminNode _node = null!;
    private HttpClient _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _node = await AdminNode.StartAsync();
        _admin = _node.Client(_node.AdminToken);
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Reads_on_loopback_need_no_token_and_every_mutation_does()
    {
        using HttpClient nobody = _node.Client(null);
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/api/v1/services")).StatusCode);
        await ExpectAsync(await nobody.PostAsync("/api/v1/rollouts", Json("{}")), 401, "unauthenticated");
        await ExpectAsync(
            await nobody.PostAsync("/api/v1/services/price:rollback", Json("{}")),
            401,
            "unauthenticated"
        );
        await ExpectAsync(await nobody.GetAsync("/api/v1/audit"), 401, "unauthenticated");
    }

    [Fact]
    public async Task A_wrong_token_is_refused_even_for_reads_and_many_of_them_are_slowed_but_never_the_right_one()
    {
        using HttpClient wrong = _node.Client("hov_wrong");
        await ExpectAsync(await wrong.GetAsync("/api/v1/services"), 401, "unauthenticated");
        HttpResponseMessage last = null!;
        for (int i = 0; i < 30; i++)
        {
            last = await wrong.GetAsync("/api/v1/services");
        }

        Assert.NotNull(last.Headers.RetryAfter);
        await ExpectAsync(last, 429, "too-many-failures");
        Assert.Equal(HttpStatusCode.OK, (await _admin.GetAsync("/api/v1/services")).StatusCode);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost.evil.example")]
    public async Task A_rebound_name_does_not_reach_the_api(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/services") { Headers = { Host = host } };
        await ExpectAsync(await _admin.SendAsync(request), 421, "host-not-allowed");
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("https://127.0.0.1")]
    public async Task A_page_of_another_origin_cannot_change_anything(string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/services/price:rollback");
        request.Headers.Add("Origin", origin);
        await ExpectAsync(await _admin.SendAsync(request), 403, "cross-origin");
    }

    [Fact]
    public async Task Roles_are_kept_per_route()
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        using HttpClient viewer = _node.Client("vic", Role.Viewer);
        using HttpClient op = _node.Client("olga", Role.Operator);
        using HttpClient approver = _node.Client("ann", Role.Approver);
        await ExpectAsync(await CommandAsync(viewer, started.Id, "pause"), 403, "forbidden");
        await ExpectAsync(await CommandAsync(viewer, started.Id, "rollback"), 403, "forbidden");
        await ExpectAsync(await CommandAsync(op, started.Id, "approve"), 403, "forbidden");
        await ExpectAsync(await CommandAsync(approver, started.Id, "pause"), 403, "forbidden");
        await ExpectAsync(
            await op.PostAsync("/api/v1/tokens", Json("""{"name":"x","role":"admin"}""")),
            403,
            "forbidden"
        );
        await ExpectAsync(await op.GetAsync("/api/v1/audit"), 403, "forbidden");
        Assert.Equal(HttpStatusCode.OK, (await CommandAsync(approver, started.Id, "approve")).StatusCode);
    }

    [Fact]
    public async Task Whoever_starts_a_rollout_cannot_approve_it()
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        await ExpectAsync(await CommandAsync(_admin, started.Id, "approve"), 403, "own-approval");
    }

    [Fact]
    public async Task A_command_must_say_which_version_it_saw()
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        string path = $"/api/v1/rollouts/{started.Id}:setShare";
        await ExpectAsync(await _admin.PostAsync(path, Json("""{"percent":5}""")), 428, "precondition-missing");
        HttpResponseMessage read = await _admin.GetAsync($"/api/v1/rollouts/{started.Id}");
        string etag = read.Headers.ETag!.ToString();
        Assert.Equal(HttpStatusCode.OK, (await CommandAsync(_admin, started.Id, "pause")).StatusCode);
        await ExpectAsync(await CommandAsync(_admin, started.Id, "setShare", """{"percent":5}""", etag), 412, "stale");
        Assert.Equal(0, (await RolloutAsync(started.Id)).Share);
    }

    [Theory]
    [InlineData("setShare", "{}")]
    [InlineData("setShare", """{"percent":101}""")]
    [InlineData("pause", """{"percent":5}""")]
    [InlineData("pause", """{"unknown":1}""")]
    [InlineData("pause", """{"reason":"a","reason":"b"}""")]
    [InlineData("pause", "[")]
    public async Task A_body_that_the_command_does_not_know_is_refused(string verb, string body)
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        await ExpectAsync(await CommandAsync(_admin, started.Id, verb, body), 400, "bad-body");
        Assert.Equal("running", (await RolloutAsync(started.Id)).State);
    }

    [Fact]
    public async Task A_repeated_post_gets_the_first_answer_and_runs_once()
    {
        await ApplyAsync();
        HttpResponseMessage first = await StartWithKeyAsync("\"k-1\"", "v2");
        HttpResponseMessage second = await StartWithKeyAsync("\"k-1\"", "v2");
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal(1, _node.Rollouts.Started);
        await ExpectAsync(await StartWithKeyAsync("\"k-1\"", "v1"), 422, "idempotency-reused");
        await ExpectAsync(await StartWithKeyAsync("\"two words\"", "v2"), 400, "idempotency-bad");
    }

    [Fact]
    public async Task An_apply_names_the_catalogue_that_it_saw_and_is_audited()
    {
        var body = new ApplyRequest([new ManifestFile("a.yaml", Manifests)]) { Reason = "first" };
        JsonContent content = JsonContent.Create(body, ProtocolJson.Default.ApplyRequest);
        await ExpectAsync(await _admin.PostAsync("/api/v1/apply", content), 428, "precondition-missing");
        await ApplyAsync();
        Page<AuditEntryView>? log = await _admin.GetFromJsonAsync(
            "/api/v1/audit",
            ProtocolJson.Default.PageAuditEntryView
        );
        AuditEntryView entry = Assert.Single(log!.Items);
        Assert.Equal(("admin", "catalog.apply"), (entry.Who, entry.What));
        Assert.Equal("create", entry.After["Service price"]);
        Assert.True(_node.Services.Audit.Verify().Ok);
    }

    [Fact]
    public async Task A_misspelt_field_is_told_with_its_place()
    {
        string text = Manifests.Replace("stable: v1", "stabel: v1", StringComparison.Ordinal);
        var body = new ApplyRequest([new ManifestFile("a.yaml", text)]);
        HttpResponseMessage answer = await _admin.PostAsync(
            "/api/v1/apply?validateOnly=true",
            JsonContent.Create(body, ProtocolJson.Default.ApplyRequest)
        );
        ProblemDocument problem = await ProblemAsync(answer);
        Assert.Contains(
            problem.Errors,
            e => e.File == "a.yaml" && e.Line > 0 && e.Detail.Contains("stable", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_command_line_cannot_be_declared_through_the_api()
    {
        string text = Manifests.Replace(
            "{ runtime: http, endpoints: [ http://127.0.0.1:9002 ], ready: /ready }",
            "{ runtime: process, command: [ /bin/sh ], ready: /ready }",
            StringComparison.Ordinal
        );
        HttpResponseMessage answer = await PostApplyAsync(text);
        Assert.Equal("process-from-api", (await ProblemAsync(answer)).Code);
        Assert.Empty(_node.Services.Catalog.Snapshot.Releases);
    }

    [Fact]
    public async Task Bodies_are_bounded_in_size_and_depth()
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        string large = $$"""{"reason":"{{new string('x', 70_000)}}"}""";
        await ExpectAsync(await CommandAsync(_admin, started.Id, "pause", large), 413, "too-large");
        string deep = new string('[', 100) + new string(']', 100);
        await ExpectAsync(await CommandAsync(_admin, started.Id, "pause", deep), 400, "bad-body");
    }

    [Fact]
    public async Task Events_are_streamed_to_the_end_each_once()
    {
        await ApplyAsync();
        RolloutView started = await StartAsync();
        Task<string> stream = _admin.GetStringAsync($"/api/v1/rollouts/{started.Id}/events");
        await CommandAsync(_admin, started.Id, "pause");
        await CommandAsync(_admin, started.Id, "rollback");
        string text = await stream.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Single(text.Split('\n'), l => l == "event: Pause");
        Assert.Single(text.Split('\n'), l => l == "event: Rollback");
        Assert.Contains("\"state\":\"rolledBack\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_unknown_is_not_found()
    {
        await ExpectAsync(await _admin.GetAsync("/api/v1/nonsense"), 404, "not-found");
        await ExpectAsync(await _admin.GetAsync("/api/v1/rollouts/none.1"), 404, "not-found");
    }

    [Fact]
    public async Task The_node_describes_itself()
    {
        string openApi = await _admin.GetStringAsync("/openapi/v1.json");
        using JsonDocument document = JsonDocument.Parse(openApi);
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Contains("/api/v1/rollouts/{id}:pause", openApi, StringComparison.Ordinal);
        string metrics = await _admin.GetStringAsync("/metrics");
        Assert.Contains("# TYPE handover_admin_auth_failures_total counter", metrics, StringComparison.Ordinal);
        Assert.Equal("ok\n", await _admin.GetStringAsync("/livez"));
    }

    private async Task ApplyAsync()
    {
        HttpResponseMessage applied = await PostApplyAsync(Manifests);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());
    }

    private async Task<HttpResponseMessage> PostApplyAsync(string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/apply");
        request.Headers.TryAddWithoutValidation("If-Match", "\"0\"");
        request.Content = JsonContent.Create(
            new ApplyRequest([new ManifestFile("a.yaml", text)]),
            ProtocolJson.Default.ApplyRequest
        );
        return await _admin.SendAsync(request);
    }

    private async Task<RolloutView> StartAsync()
    {
        HttpResponseMessage answer = await StartWithKeyAsync("\"start\"", "v2");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync(ProtocolJson.Default.RolloutView))!;
    }

    private async Task<HttpResponseMessage> StartWithKeyAsync(string key, string to)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/rollouts");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        request.Content = Json($$"""{"service":"price","to":"{{to}}"}""");
        return await _admin.SendAsync(request);
    }

    private async Task<RolloutView> RolloutAsync(string id) =>
        (await _admin.GetFromJsonAsync($"/api/v1/rollouts/{id}", ProtocolJson.Default.RolloutView))!;

    private static async Task<HttpResponseMessage> CommandAsync(
        HttpClient client,
        string id,
        string verb,
        string body = "{}",
        string ifMatch = "*"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/rollouts/{id}:{verb}");
        request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        request.Content = Json(body);
        return await client.SendAsync(request);
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<ProblemDocument> ProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal(MediaTypes.Problem, answer.Content.Headers.ContentType?.MediaType);
        return (await answer.Content.ReadFromJsonAsync(ProtocolJson.Default.ProblemDocument))!;
    }

    private static async Task ExpectAsync(HttpResponseMessage answer, int status, string code)
    {
        ProblemDocument problem = await ProblemAsync(answer);
        Assert.Equal((status, code), ((int)answer.StatusCode, problem.Code));
        Assert.Equal(status, problem.Status);
        Assert.NotEmpty(problem.Detail);
    }
}
