using System.Collections.Concurrent;
using Diamonds.Load;
using Handover.Bench.Hops;

namespace Handover.Bench.Cutover;

/// <summary>
/// The first answers after a switch to a release whose process has just started: a real node and a real ONNX model,
/// with the phase that warms it and without, in turns, because the machine changes from minute to minute.
/// </summary>
internal static class WarmRows
{
    private const string Service = "diamond-price";
    private const int First = 1000;

    public static async Task RunAsync(BenchTable table, CutoverPlan plan)
    {
        table.Section($"the first {First:N0} requests after a switch, {plan.WarmRate:0} requests/s, a real ONNX model");
        using var workspace = new HopWorkspace(resources: false);
        CopyService(workspace.Root);
        await using RunningNode node = await RunningNode.StartAsync(HandoverChains.BuiltExecutable, workspace.Root);
        var seen = new ConcurrentQueue<ClientRecord>();
        using var stop = new CancellationTokenSource();
        var load = new LoadRun(
            new LoadOptions
            {
                Url = new Uri(node.Data, $"v2/models/{Service}/infer"),
                Rps = plan.WarmRate,
                Duration = TimeSpan.FromHours(1),
                Seed = 5,
            }
        )
        {
            Observed = seen.Enqueue,
        };
        Task running = load.RunAsync(stop.Token);
        var warmed = new List<Side>();
        var cold = new List<Side>();
        for (int round = 0; round < plan.WarmRounds; round++)
        {
            warmed.Add(await SwitchedAsync(node, seen, warm: true, plan));
            cold.Add(await SwitchedAsync(node, seen, warm: false, plan));
        }

        await stop.CancelAsync();
        await running;
        double ratio = LedgerRows.Median(warmed.Select(s => s.Ratio));
        table.Judge(
            $"warmed: their p99 against steady state, median of {plan.WarmRounds}",
            $"{ratio:0.00} x ({Told(warmed)})",
            "<= 1.2 x",
            ratio <= 1.2
        );
        table.Tell("not warmed", $"{LedgerRows.Median(cold.Select(s => s.Ratio)):0.00} x ({Told(cold)})");
        table.Tell(
            "the slowest of them, warmed and not",
            $"{warmed.Max(s => s.Most):0} ms, {cold.Max(s => s.Most):0} ms"
        );
    }

    private static async Task<Side> SwitchedAsync(
        RunningNode node,
        ConcurrentQueue<ClientRecord> seen,
        bool warm,
        CutoverPlan plan
    )
    {
        seen.Clear();
        await MovedAsync(node, "v2", warm);
        int steady = 2 * First;
        while (seen.Count(r => r.Release == "v2") < First + plan.WarmSkip + steady)
        {
            await Task.Delay(100);
        }

        ClientRecord[] answers = [.. seen.Where(r => r.Release == "v2")];
        await MovedAsync(node, "v1", warm: true);

        // In the order in which they were due, whatever order their answers came in.
        double[] times = [.. answers.OrderBy(r => r.At).Select(r => r.Latency.TotalMilliseconds)];
        double[] first = [.. times.Take(First).Order()];
        double[] after = [.. times.Skip(First + plan.WarmSkip).Take(steady).Order()];
        return new Side(P99(first), P99(after), first[^1]);
    }

    private static async Task MovedAsync(RunningNode node, string to, bool warm)
    {
        string warming = warm ? "{ warm: { requests: 500, until: converged } }, " : "";
        string manifest = $$"""
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: to-{{to}}, service: {{Service}} }
            spec:
              to: {{to}}
              strategy: cutover
              phases:
                [ { verify: {} }, { start: { timeout: 60s } }, {{warming}}{ switch: { hold: 400ms, drain: auto } },
                  { bake: { for: 200ms } }, { retire: { keep: 1s } } ]
              gates: { metrics: [ { name: errors, worseBy: 20%, critical: true } ] }
            """;
        string id = await node.StartRolloutAsync(manifest, default);
        (string state, string reasons) = await node.EndAsync(id, default);
        if (state != "succeeded")
        {
            throw new InvalidOperationException($"{id} ended {state}: {reasons}");
        }

        // The old release's process is gone after its second, so that the next switch to it meets a new one.
        await Task.Delay(TimeSpan.FromSeconds(2));
    }

    private static void CopyService(string root)
    {
        string service = Path.Combine(BenchTable.Root(), "samples", "diamonds", "service");
        foreach (string name in (string[])["service.yaml", "releases.yaml"])
        {
            File.Copy(Path.Combine(service, name), Path.Combine(root, name));
        }
    }

    private static string Told(IEnumerable<Side> sides) =>
        string.Join(", ", sides.Select(s => $"{s.First:0.0}/{s.Steady:0.0} ms"));

    private static double P99(double[] sorted) => sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];

    private sealed record Side(double First, double Steady, double Most)
    {
        public double Ratio => First / Steady;
    }
}
