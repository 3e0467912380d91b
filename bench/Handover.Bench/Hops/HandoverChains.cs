using System.Diagnostics;

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
        await using RunningNode node = await RunningNode.StartAsync(executable, workspace.Root);
        using var driver = new ChainDriver(
            (new Uri(node.Data, $"v2/models/{Services[0]}/infer"), 2),
            (new Uri(node.Data, $"v2/models/{Services[1]}/infer"), 3)
        );
        using var stop = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        Task driving = driver.RunAsync(options);
        Task<long>[] moving = [.. Services.Select(s => MoveAsync(node, s, say, stop.Token))];
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
        RunningNode node,
        string service,
        Action<string> say,
        CancellationToken stop
    )
    {
        for (int run = 0; !stop.IsCancellationRequested; run++)
        {
            string to = run % 2 == 0 ? "v2" : "v1";
            string id = await node.StartRolloutAsync(Plan(service, to, run % 4 is 0 or 3), stop);
            (string state, string reasons) = await node.EndAsync(id, stop);
            if (state.Length > 0 && state != "succeeded")
            {
                throw new InvalidOperationException($"{id} ended {state}: {reasons}");
            }

            say($"  {service} -> {to}: {(state.Length > 0 ? state : "left as it is")}");
        }

        return await node.CommitsAsync(service);
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
}
