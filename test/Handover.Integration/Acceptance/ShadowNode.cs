using System.Net.Http.Headers;
using Handover.App.Cli;
using Handover.Protocol;
using Handover.Testkit;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The real program before two model servers of the test, in a rollout that only watches: what people are told of the
/// copies can be held against what the servers were asked.
/// </summary>
internal sealed class ShadowNode : IAsyncDisposable
{
    private ShadowNode(FakeModelServer v1, FakeModelServer v2, string protocol)
    {
        (V1, V2) = (v1, v2);
        foreach (string file in Directory.EnumerateFiles(Node.Dir, "*.yaml"))
        {
            File.Delete(file);
        }

        File.WriteAllText(
            Path.Combine(Node.Dir, "service.yaml"),
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
            ---
            {{Release("v1", v1)}}
            ---
            {{Release("v2", v2)}}
            """
        );
    }

    public NodeProcess Node { get; } = new();

    public FakeModelServer V1 { get; }

    public FakeModelServer V2 { get; }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(20) };

    public static async Task<ShadowNode> MakeAsync(string protocol) =>
        new(await FakeModelServer.StartAsync("v1"), await FakeModelServer.StartAsync("v2"), protocol);

    /// <summary>Starts a rollout that stays in its shadow phase, and waits until it copies.</summary>
    public async Task<string> WatchAsync(AdminClient admin, string redraw)
    {
        RolloutView started = await Node.StartRolloutAsync(
            admin,
            AcceptancePlans.Plan(
                "watch",
                "v2",
                "flag",
                "- start: { timeout: 30s }",
                $"- shadow: {{ share: 100%, pairs: 1000000, redraw: {redraw} }}",
                "- shift: { share: 100%, for: 1m }",
                "- retire: { keep: 10m }"
            )
        );
        await UntilAsync(admin, started.Id, r => r.Shadow?.WantedPercent == 100);
        return started.Id;
    }

    public Task<HttpResponseMessage> AskAsync(string body, CancellationToken cancel)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Node.Infer)
        {
            Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.Add("x-customer-id", "c-1");
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    public static async Task<RolloutView> UntilAsync(AdminClient admin, string id, Func<RolloutView, bool> done)
    {
        RolloutView view = await NodeProcess.RolloutAsync(admin, id);
        for (int i = 0; i < 400 && !done(view); i++)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
            view = await NodeProcess.RolloutAsync(admin, id);
        }

        Assert.True(done(view), $"{view.State} {view.Phase}: {view.Shadow?.Text} {string.Join("; ", view.Reasons)}");
        return view;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Node.DisposeAsync();
        await V1.DisposeAsync();
        await V2.DisposeAsync();
    }

    private static string Release(string name, FakeModelServer server) =>
        $$"""
            apiVersion: handover.dev/v1
            kind: Release
            metadata: { name: {{name}}, service: {{NodeProcess.Service}} }
            spec:
              members:
                model: { runtime: http, endpoints: [ "{{server.Address.ToString().TrimEnd('/')}}" ], ready: / }
            """;
}
