using System.Text;
using Handover.App.Cli;
using Handover.Protocol;
using Handover.Testkit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The real program before two model servers of the test, in a rollout that only watches: what its report says is
/// judged by what the servers were told to answer.
/// </summary>
internal sealed class ShadowNode : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private int _next;

    private ShadowNode(string protocol, FakeModelServer v1, FakeModelServer v2)
    {
        (V1, V2) = (v1, v2);
        foreach (string file in Directory.EnumerateFiles(Node.Dir, "*.yaml"))
        {
            File.Delete(file);
        }

        string[] parts = [Service(protocol), Release(v1), Release(v2)];
        File.WriteAllText(Path.Combine(Node.Dir, "all.yaml"), string.Join("\n---\n", parts));
    }

    public NodeProcess Node { get; } = new();

    public FakeModelServer V1 { get; }

    public FakeModelServer V2 { get; }

    public AdminClient Admin { get; private set; } = null!;

    public string Rollout { get; private set; } = "";

    /// <summary>Starts the node; nothing is rolled out yet.</summary>
    public static async Task<ShadowNode> StartAsync(string protocol)
    {
        var made = new ShadowNode(
            protocol,
            await FakeModelServer.StartAsync("v1"),
            await FakeModelServer.StartAsync("v2")
        );
        await made.Node.StartAsync();
        made.Admin = made.Node.Admin();
        return made;
    }

    /// <summary>Begins to watch v2, and waits until copies are made.</summary>
    /// <param name="shadow">The phase.</param>
    /// <param name="gate">One more metric of the gates; null for none.</param>
    /// <param name="compare">One line that says how answers are compared; null for none.</param>
    public async Task WatchAsync(string shadow, string? gate = null, string? compare = null)
    {
        string[] phases =
        [
            "- verify: {}",
            "- start: { timeout: 30s }",
            $"- shadow: {shadow}",
            "- shift: { share: 100%, for: 10m }",
            "- retire: { keep: 10m }",
        ];
        string manifest = AcceptancePlans.Plan("watched", "v2", "flag", phases);
        manifest = gate is null ? manifest : manifest.Replace("    metrics:\n", $"    metrics:\n      - {gate}\n");
        manifest += compare is null ? "" : $"  compare:\n    - {compare}\n";
        Rollout = (await Node.StartRolloutAsync(Admin, manifest)).Id;
        await UntilAsync(r => r is { Phase: "shadow", Shadow.WantedPercent: > 0 }, ask: 0);
    }

    /// <summary>Asks once and reads the whole answer.</summary>
    public async Task<string> AskAsync(string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Node.Infer)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("x-customer-id", $"c-{_next++}");
        using HttpResponseMessage answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode
            ? await answer.Content.ReadAsStringAsync()
            : throw new InvalidOperationException($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Waits for the rollout, with some requests before each look.</summary>
    public async Task<RolloutView> UntilAsync(Func<RolloutView, bool> done, int ask, string body = "{}")
    {
        RolloutView view = await NodeProcess.RolloutAsync(Admin, Rollout);
        for (int i = 0; i < 400 && !done(view); i++)
        {
            for (int n = 0; n < ask; n++)
            {
                await AskAsync(body);
            }

            await Task.Delay(20);
            view = await NodeProcess.RolloutAsync(Admin, Rollout);
        }

        return done(view)
            ? view
            : throw new TimeoutException(
                $"{view.State} {view.Phase}: {view.Shadow} {string.Join("; ", view.Reasons)}; see {Node.Output}"
            );
    }

    public Task<DivergenceView> DivergenceAsync() =>
        Admin.GetAsync(
            $"/api/v1/rollouts/{Rollout}/divergence",
            ProtocolJson.Lenient.DivergenceView,
            CancellationToken.None
        );

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        Admin?.Dispose();
        await Node.DisposeAsync();
        await V1.DisposeAsync();
        await V2.DisposeAsync();
    }

    private static string Service(string protocol) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Service
            metadata: { name: {{NodeProcess.Service}} }
            spec:
              protocol: {{protocol}}
              route: { path: /v2/models/{{NodeProcess.Service}} }
              stable: v1
              entity: { from: header, name: x-customer-id }
              journal: { payloads: true }
            """;

    private static string Release(FakeModelServer server) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { name: {{server.Release}}, service: {{NodeProcess.Service}} }
            spec:
              members:
                model: { runtime: http, endpoints: [ "{{server.Address.ToString().TrimEnd('/')}}" ], ready: / }
            """;
}
