using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Handover.Bench.Hops;

/// <summary>The chains behind a real node that moves both services all the time, by switches and by shares.</summary>
public static class HandoverChains
{
    private static readonly string[] Services = ["diamond-price-enc", "diamond-similar"];

    /// <summary>The program as it was built beside this one.</summary>
    public static string BuiltExecutable =>
        Path.Combine(
            BenchTable.Root(),
            "artifacts",
            "bin",
            "Handover.App",
            Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
            "handover"
        );

    /// <summary>Drives the chains and counts them.</summary>
    public static async Task<ChainCount> RunAsync(HopsOptions options, string executable, Action<string> say)
    {
        using var workspace = new HopWorkspace(resources: true);
        int[] ports = MemberProcess.FreePorts(2);
        string[] arguments =
        [
            "run",
            workspace.Root,
            "--data-url",
            $"http://127.0.0.1:{ports[0]}",
            "--admin-url",
            $"http://127.0.0.1:{ports[1]}",
        ];
        var node = new MemberProcess(executable, arguments, workspace.Root);
        await using MemberProcess ending = node;
        var admin = new Uri($"http://127.0.0.1:{ports[1]}/");
        await node.ReadyAsync(new Uri(admin, "readyz"));
        using HttpClient http = Admin(admin, workspace.Root);
        using var driver = new ChainDriver(
            (new Uri($"http://127.0.0.1:{ports[0]}/v2/models/{Services[0]}/infer"), 2),
            (new Uri($"http://127.0.0.1:{ports[0]}/v2/models/{Services[1]}/infer"), 3)
        );
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        Task driving = driver.RunAsync(options);
        Task<long>[] moving = [.. Services.Select(s => MoveAsync(http, s, say, stop.Token))];
        await driving;
        double seconds = watch.Elapsed.TotalSeconds;
        await stop.CancelAsync();
        long moves = (await Task.WhenAll(moving)).Sum();
        await node.StopAsync();
        string logs = Path.Combine(workspace.Root, ".handover", "logs");
        ChainCount count = ChainCount.Of(driver.Asked, Directory.EnumerateFiles(logs).SelectMany(File.ReadLines));
        return count with { Moves = moves, PerSecond = driver.Asked.Count / seconds };
    }

    // To v2 by shares, back to v1 by a switch, and so on until told to stop.
    private static async Task<long> MoveAsync(
        HttpClient http,
        string service,
        Action<string> say,
        CancellationToken stop
    )
    {
        for (int run = 0; !stop.IsCancellationRequested; run++)
        {
            string to = run % 2 == 0 ? "v2" : "v1";
            string manifest = Plan(service, to, run % 4 is 0 or 3);
            using HttpResponseMessage started = await http.PostAsJsonAsync(
                "api/v1/rollouts",
                new { manifest, manifestFile = "hops.yaml" },
                CancellationToken.None
            );
            if (!started.IsSuccessStatusCode)
            {
                throw new InvalidOperationException(await started.Content.ReadAsStringAsync(CancellationToken.None));
            }

            string id = (await JsonAsync(started)).GetProperty("id").GetString()!;
            say($"  {service} -> {to}: {await EndAsync(http, id, stop)}");
        }

        using HttpResponseMessage history = await http.GetAsync(
            $"api/v1/services/{service}/history",
            CancellationToken.None
        );
        JsonElement epochs = (await JsonAsync(history)).GetProperty("epochs");
        return epochs.EnumerateArray().Count(e => e.GetProperty("action").GetString() == "commit");
    }

    private static async Task<string> EndAsync(HttpClient http, string id, CancellationToken stop)
    {
        while (true)
        {
            using HttpResponseMessage answer = await http.GetAsync($"api/v1/rollouts/{id}", CancellationToken.None);
            JsonElement rollout = await JsonAsync(answer);
            if (rollout.GetProperty("endedAt").ValueKind != JsonValueKind.Null)
            {
                string state = rollout.GetProperty("state").GetString()!;
                return state == "succeeded"
                    ? state
                    : throw new InvalidOperationException($"{id} ended {state}: {rollout.GetProperty("reasons")}");
            }

            if (stop.IsCancellationRequested)
            {
                return "left as it is";
            }

            await Task.Delay(100, CancellationToken.None);
        }
    }

    private static string Plan(string service, string to, bool shares)
    {
        string moves = shares
            ? "{ shift: { share: 30%, for: 300ms } }, { shift: { share: 70%, for: 300ms } }, { shift: { share: 100% } }"
            : "{ switch: { hold: 400ms, drain: auto } }";
        return $$"""
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: hops-{{service}}, service: {{service}} }
            spec:
              to: {{to}}
              phases:
                [ { verify: {} }, { start: { timeout: 60s } },
                  {{moves}}, { bake: { for: 200ms } }, { retire: { keep: 10m } } ]
              gates: { metrics: [ { name: errors, worseBy: 20%, critical: true } ] }
            """;
    }

    private static HttpClient Admin(Uri admin, string root)
    {
        string token = File.ReadAllText(Path.Combine(root, ".handover", "admin.token")).Trim();
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = admin };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer)
    {
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(CancellationToken.None));
        return json.RootElement.Clone();
    }
}
