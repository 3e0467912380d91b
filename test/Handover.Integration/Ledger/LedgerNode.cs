using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Handover.Integration.Acceptance;
using Handover.Integration.Runtimes;
using Handover.Testkit;

namespace Handover.Integration.Ledger;

/// <summary>
/// The real program before two model servers of the test, whose logs outlive every kill: what they were asked is the
/// truth about what was decided.
/// </summary>
internal sealed class LedgerNode : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private LedgerNode(FakeModelServer v1, FakeModelServer v2, string journal)
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
              protocol: json
              route: { path: /v2/models/{{NodeProcess.Service}} }
              stable: v1
              entity: { from: header, name: x-customer-id }
              idempotency: { mode: optional }
              journal: {{journal}}
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

    public int Asked(string body) =>
        V1.Log.Concat(V2.Log).Count(r => Encoding.UTF8.GetString(r.Body) == body && r.Method == "POST");

    public static async Task<LedgerNode> MakeAsync(string journal = "{}") =>
        new(await FakeModelServer.StartAsync("v1"), await FakeModelServer.StartAsync("v2"), journal);

    /// <summary>Asks under a key (null: without one); null when the node died under the call.</summary>
    public async Task<HttpResponseMessage?> AskAsync(string? key, string body, string entity = "c-1")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Node.Infer)
        {
            Content = new StringContent(body, MediaTypeHeaderValue.Parse("application/json")),
        };
        request.Headers.Add("x-customer-id", entity);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", $"\"{key}\"");
        }

        try
        {
            return await _http.SendAsync(request);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Runs the command line against the node.</summary>
    public Task<(int Code, string Output, string Said)> CommandAsync(params string[] arguments) =>
        Node.CommandAsync(arguments);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
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
