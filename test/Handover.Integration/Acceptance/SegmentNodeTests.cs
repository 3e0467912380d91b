using System.Collections.Concurrent;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// A segment that is harmed goes back alone in the real program: by evidence of its own, by a move, told
/// by the API. Everybody else waits for a window that is far away, and nobody of them meets the candidate.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class SegmentNodeTests
{
    private static readonly byte[] Body = DiamondRows.HeldOut()[0].Body;

    private const string Paces = """
          paces:
            - { segment: internal, whenHarmed: segment }
            - { windows: [ { cron: "0 0 29 2 *", duration: 1m } ] }

        """;

    private const string Apart = """
          segmentOrder: independent
          paces:
            - { segment: internal, windows: [ { cron: "0 0 29 2 *", duration: 1m } ] }

        """;

    [Fact(Timeout = 60_000)]
    public async Task A_harmed_segment_goes_back_alone_and_everybody_waits_for_the_window()
    {
        await using var node = new NodeProcess();
        node.ForgiveLatency();
        string bad = Path.Combine(node.Dir, "releases-bad.yaml");
        string text = await File.ReadAllTextAsync(bad, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            bad,
            text.Replace(
                "models/v2-flaky.onnx, --port, \"{port}\"]",
                "models/v2-flaky.onnx, --port, \"{port}\", --fault, \"errors=50%\"]",
                StringComparison.Ordinal
            ),
            TestContext.Current.CancellationToken
        );
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var callers = new TenantCallers(node.Infer);
        RolloutView started = await node.StartRolloutAsync(
            admin,
            AcceptancePlans.Plan(
                "alone",
                "v2-flaky",
                "flag",
                "- verify: {}",
                "- start: { timeout: 30s }",
                "- shift: { segment: internal, share: 50%, for: 10m }",
                "- shift: { share: 100%, for: 10m }",
                "- retire: { keep: 10m }"
            ) + Paces
        );
        RolloutView waits = await UntilAsync(
            admin,
            started.Id,
            r => r is { State: "holding", PhaseIndex: 3 } && r.Segments.Any(s => s.TakenBack is not null)
        );
        Assert.Contains("it goes on at 2028-02-29", string.Join(' ', waits.Reasons), StringComparison.Ordinal);
        SegmentSeenView colleagues = waits.Segments[0];
        Assert.Equal("internal", colleagues.Segment);
        Assert.Equal([50.0, 0.0], colleagues.Shares.Select(s => s.Share));
        Assert.Equal("rollBack", colleagues.Verdict!.Outcome);
        Assert.True(colleagues is { CandidateBad: > 0, StableRequests: > 0, StableBad: 0 }, $"{colleagues}");
        Assert.True(waits.Segments[1] is { Segment: "", CandidateRequests: 0, Shares: [] }, $"{waits.Segments[1]}");

        RecomputationView again = await admin.GetAsync(
            $"/api/v1/rollouts/{started.Id}/recomputation?segment=internal",
            ProtocolJson.Lenient.RecomputationView,
            TestContext.Current.CancellationToken
        );
        Assert.True(again.Same, "what was kept of the segment's verdicts does not come out again");
        Assert.Equal("rollBack", again.Verdicts[^1].Kept.Verdict.Outcome);

        // The bar is in force on the gateway, and a restart does not lift it.
        await node.KillAsync();
        await node.StartAsync();
        callers.Forget();
        await UntilAsync(admin, started.Id, _ => callers.Answers("acme") > 50 && callers.Answers("globex") > 50);
        Assert.Equal((0, 0), (callers.By("acme", "v2-flaky"), callers.By("globex", "v2-flaky")));
        RolloutView after = await NodeProcess.RolloutAsync(admin, started.Id);
        Assert.Equal(colleagues.TakenBack, after.Segments[0].TakenBack);
        Assert.True(after.Segments[0].CandidateBad > 0, $"{after.Segments[0]}");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_segment_that_waits_for_its_window_stops_no_other_and_a_kill_changes_nothing()
    {
        await using var node = new NodeProcess();
        node.ForgiveLatency();
        await AddBetaAsync(node);
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var callers = new TenantCallers(node.Infer);
        RolloutView started = await node.StartRolloutAsync(admin, ApartPlan);
        await UntilAsync(admin, started.Id, r => r.SegmentShares.GetValueOrDefault("beta") >= 20);
        await node.KillAsync();
        await node.StartAsync();
        RolloutView through = await UntilAsync(
            admin,
            started.Id,
            r =>
                r.SegmentShares.GetValueOrDefault("beta") >= 100
                && r.Segments.Any(s => s is { Segment: "beta", Phase: null })
        );
        Assert.Equal(("running", 2), (through.State, through.PhaseIndex));
        Assert.Equal(["active", "done", "done", "done"], through.Phases.Skip(2).Take(4).Select(p => p.Status));
        SegmentSeenView colleagues = through.Segments.Single(s => s.Segment == "internal");
        Assert.Equal((2, 0L), (colleagues.Phase, colleagues.CandidateRequests));
        Assert.Contains("it goes on at 2028-02-29", colleagues.Waits, StringComparison.Ordinal);
        Assert.Equal(0, callers.By("acme", "v2"));
        Assert.True(callers.By("globex", "v2") > 60, $"{callers.By("globex", "v2")}");

        // A person may stop one segment, and take one back, without the others.
        (int code, string _, string said) = await node.CommandAsync(
            "rollout",
            "pause",
            started.Id,
            "--segment",
            "beta"
        );
        Assert.True(code != 0 && said.Contains("beta is not under way", StringComparison.Ordinal), said);
        (code, _, said) = await node.CommandAsync("rollout", "pause", started.Id, "--segment", "internal");
        Assert.True(code == 0, said);
        (code, _, said) = await node.CommandAsync("rollout", "abort", started.Id, "--segment", "beta", "--yes");
        Assert.True(code == 0, said);
        RolloutView back = await UntilAsync(
            admin,
            started.Id,
            r => r.Segments.Any(s => s.TakenBack is not null && s.Shares[^1].Share == 0)
        );
        Assert.Equal("paused by", back.Segments.Single(s => s.Segment == "internal").Waits![..9]);
        using var http = new HttpClient();
        string metrics = await http.GetStringAsync(
            $"http://127.0.0.1:{node.AdminPort}/metrics",
            TestContext.Current.CancellationToken
        );
        Assert.Contains("handover_segments_waiting{for=\"person\"} 1", metrics, StringComparison.Ordinal);
        callers.Forget();
        await UntilAsync(admin, started.Id, _ => callers.Answers("globex") > 50);
        Assert.Equal(0, callers.By("globex", "v2"));
    }

    private static string ApartPlan =>
        AcceptancePlans.Plan(
            "apart",
            "v2",
            "flag",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- shift: { segment: internal, share: 100%, for: 1s }",
            "- shift: { segment: beta, share: 20%, for: 300ms, requests: 20 }",
            "- shift: { segment: beta, share: 60%, for: 300ms, requests: 20 }",
            "- shift: { segment: beta, share: 100%, for: 300ms, requests: 20 }",
            "- shift: { share: 100%, for: 10m }",
            "- retire: { keep: 10m }"
        ) + Apart;

    private static Task AddBetaAsync(NodeProcess node) =>
        File.WriteAllTextAsync(
            Path.Combine(node.Dir, "beta.yaml"),
            """
            apiVersion: handover.dev/v1
            kind: Segment
            metadata: { name: beta }
            spec: { when: { "==": [ { "var": "tenant" }, "globex" ] } }

            """,
            TestContext.Current.CancellationToken
        );

    private static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> done)
    {
        RolloutView view = await NodeProcess.RolloutAsync(admin, id);
        for (int i = 0; i < 300 && !done(view); i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            view = await NodeProcess.RolloutAsync(admin, id);
        }

        string seen = string.Join("; ", view.Reasons.Concat(view.Segments.Select(SegmentWords.Line)));
        Assert.True(done(view), $"{view.State} {view.Phase}: {seen}");
        return view;
    }

    /// <summary>Callers of two tenants who never stop; what each got is counted by release.</summary>
    private sealed class TenantCallers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HttpClient _http = new();
        private readonly ConcurrentDictionary<(string Tenant, string Release), int> _answers = new();
        private readonly Task[] _loops;

        public TenantCallers(Uri url) => _loops = [CallAsync(url, "acme"), CallAsync(url, "globex")];

        public int Answers(string tenant) => _answers.Where(a => a.Key.Tenant == tenant).Sum(a => a.Value);

        public int By(string tenant, string release) => _answers.GetValueOrDefault((tenant, release));

        public void Forget() => _answers.Clear();

        private async Task CallAsync(Uri url, string tenant)
        {
            for (int i = 0; !_stop.IsCancellationRequested; i++)
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Post, url)
                    {
                        Content = new ByteArrayContent(Body),
                    };
                    request.Content.Headers.ContentType = new("application/json");
                    request.Headers.Add("x-customer-id", $"{tenant}-{i % 2000}");
                    request.Headers.Add("x-tenant", tenant);
                    using HttpResponseMessage answer = await _http.SendAsync(request, _stop.Token);
                    string release = answer.Headers.TryGetValues("Handover-Release", out var names)
                        ? names.First()
                        : "";
                    _answers.AddOrUpdate((tenant, release), 1, (_, n) => n + 1);
                    await Task.Delay(3, _stop.Token);
                }
                catch (HttpRequestException)
                {
                    // The node is between two lives.
                }
                catch (OperationCanceledException) when (_stop.IsCancellationRequested)
                {
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_loops);
            _http.Dispose();
            _stop.Dispose();
        }
    }
}
