using System.Diagnostics;
using Handover.Core.Moves;
using Handover.Ports;

namespace Handover.Bench.Cutover;

/// <summary>
/// <c>bench cutover</c>: what a switch costs callers, ours and those of proxies that people use today under the same
/// load in one run; and what the ledger costs beside an fsync of the same run. Ratios and counts, no absolute times of
/// this machine.
/// </summary>
internal static class CutoverBench
{
    /// <summary>Bound of each hold.</summary>
    public static readonly TimeSpan Hold = TimeSpan.FromMilliseconds(400);

    // Callers of an open loop pile up without end where they come faster than the machine answers; what a switch adds
    // is measured well below that.
    private const double Part = 0.3;

    private static readonly TimeSpan ServiceTime = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(string[] args)
    {
        CutoverPlan plan = args.Contains("--quick") ? CutoverPlan.Quick : CutoverPlan.Full;
        var table = new BenchTable("cutover");
        table.Tell("the machine before the run: load of the last minute, processors", Machine());
        string directory = Directory.CreateTempSubdirectory("handover-bench-").FullName;
        await using (TimedModel old = await TimedModel.StartAsync("old", ServiceTime))
        await using (TimedModel fresh = await TimedModel.StartAsync("new", ServiceTime))
        {
            string state = Path.Combine(directory, "stage");
            Directory.CreateDirectory(state);
            await using GatewayStage stage = await GatewayStage.StartAsync(state, old, fresh);
            double carried = await OpenLoad.CarriedAsync(stage.Target);
            plan = plan.At(Math.Clamp(carried * Part, 20, plan.Rate));
            table.Tell(
                "what the machine carries now in a closed loop; callers come at",
                $"{carried:0}/s; {plan.Rate:0}/s"
            );
            old.Clear();
            await SwitchesAsync(table, stage, old, fresh, plan, directory);
            await RollbacksAsync(table, stage, old, fresh, plan);
            await ShiftsAsync(table, stage, plan);
            await LedgerRows.RunAsync(table, stage, plan, directory);
        }

        await WarmRows.RunAsync(table, plan);
        await PeersAsync(table, plan);
        Directory.Delete(directory, recursive: true);
        return table.Finish();
    }

    private static async Task SwitchesAsync(
        BenchTable table,
        GatewayStage stage,
        TimedModel old,
        TimedModel fresh,
        CutoverPlan plan,
        string directory
    )
    {
        table.Section(
            $"{plan.Switches} switches at {plan.Rate:0} requests/s, service 5 ms, hold {Hold.TotalMilliseconds:0} ms"
        );
        SwitchRun run = await SwitchRun.RunAsync(stage.Target, old, fresh, plan, to => stage.SwitchAsync(to));
        bool enough = run.Requests >= plan.LeastRequests;
        table.Judge(
            "failed requests, callers' count",
            $"{run.Failed} of {run.Requests} ({run.Refused} x 503)",
            $"0 of >= {plan.LeastRequests:N0}",
            run.Failed == 0 && enough
        );
        table.Judge("requests at the old release after the first at the new", $"{run.Stale}", "0", run.Stale == 0);
        table.Tell("moves given up within their hold and made again: the machine was too busy", $"{stage.GivenUp}");
        double[] held = [.. stage.Exchanges.Select(e => e.Held.TotalMilliseconds).Where(h => h > 0).Order()];
        double p50 = held.Length == 0 ? 0 : held[held.Length / 2];
        double most = held.Length == 0 ? 0 : held[^1];
        double allowed = 2 * ServiceTime.TotalMilliseconds;
        table.Judge(
            $"added latency of a held request, p50 ({held.Length} held)",
            $"{p50:0.0} ms",
            $"<= {allowed:0} ms",
            p50 <= allowed
        );
        double bound = Hold.TotalMilliseconds + 50;
        table.Tell("of the same disk now: one fsynced append, p50 (a switch commits twice)", Fsync(directory));
        table.Judge("added latency of a held request, max", $"{most:0.0} ms", $"<= {bound:0} ms", most <= bound);
        stage.Exchanges.Clear();
    }

    // Neighbours take processor and disk: absolute times mean nothing without what the machine did meanwhile.
    private static string Machine() =>
        File.Exists("/proc/loadavg")
            ? $"{File.ReadAllText("/proc/loadavg").Split(' ')[0]} on {Environment.ProcessorCount}"
            : $"unknown on {Environment.ProcessorCount}";

    private static string Fsync(string directory) =>
        $"{LedgerRows.Median(LedgerRows.Fsyncs(directory, 50)):0.00} ms, load {Machine()}";

    private static async Task RollbacksAsync(
        BenchTable table,
        GatewayStage stage,
        TimedModel old,
        TimedModel fresh,
        CutoverPlan plan
    )
    {
        using var load = new OpenLoad(stage.Target, plan.Rate);
        using var stop = new CancellationTokenSource();
        Task running = load.RunAsync(stop.Token);
        var times = new List<double>();
        for (int i = 0; i < plan.Switches; i++)
        {
            await stage.SwitchAsync(fresh: true);
            await Task.Delay(50);
            long began = Stopwatch.GetTimestamp();
            await stage.SwitchAsync(fresh: false, DrainMode.Dispatch);
            await Task.Delay(100);
            long last = fresh.Answers.Where(t => t > began).DefaultIfEmpty(began).Max();
            times.Add(Stopwatch.GetElapsedTime(began, last).TotalMilliseconds);
            fresh.Answers.Clear();
        }

        await stop.CancelAsync();
        await running;
        times.Sort();
        double p99 = times[(int)Math.Ceiling(0.99 * times.Count) - 1];
        table.Judge(
            $"from the call of a rollback to the last answer of the bad release, p99 of {times.Count}",
            $"{p99:0.0} ms (p50 {times[times.Count / 2]:0.0})",
            "<= 100 ms",
            p99 <= 100
        );
        table.Judge("failed requests meanwhile", $"{load.Failed} of {load.Records.Count}", "0", load.Failed == 0);
        GC.KeepAlive(old);
        stage.Exchanges.Clear();
    }

    private static async Task ShiftsAsync(BenchTable table, GatewayStage stage, CutoverPlan plan)
    {
        await stage.SwitchAsync(fresh: false);
        using var load = new OpenLoad(stage.Target, plan.Rate);
        using var stop = new CancellationTokenSource();
        Task running = load.RunAsync(stop.Token);
        var windows = new List<(DateTimeOffset From, DateTimeOffset To)>();
        stage.Exchanges.Clear();
        for (int i = 0; i < plan.Shifts; i++)
        {
            DateTimeOffset from = TimeProvider.System.GetUtcNow();
            await stage.ShiftAsync(i);
            windows.Add((from, TimeProvider.System.GetUtcNow()));
            await Task.Delay(20);
            await stage.SwitchAsync(fresh: false);
            await Task.Delay(20);
        }

        await stop.CancelAsync();
        await running;
        Exchange[] inside = [.. stage.Exchanges.Where(e => windows.Any(w => e.At >= w.From && e.At <= w.To))];
        int held = inside.Count(e => e.Held > TimeSpan.Zero);

        // A share of 5 % of the entities is no more than 5 % of the requests within the error of so many draws.
        double most = 0.05 + 2.33 * Math.Sqrt(0.05 * 0.95 / Math.Max(1, inside.Length));
        double share = (double)held / Math.Max(1, inside.Length);
        table.Judge(
            $"share held at a 5 % shift ({plan.Shifts} shifts)",
            $"{share:P1} ({held} of {inside.Length} in the window)",
            $"<= 5 % (one-sided 99 %: {most:P1})",
            inside.Length > 0 && share <= most
        );
        stage.Exchanges.Clear();
    }

    private static async Task PeersAsync(BenchTable table, CutoverPlan plan)
    {
        table.Section($"the same switch by others, {plan.Rate:0} requests/s too");
        foreach (
            Peer peer in new Peer[] { new NginxPeer(), new HaproxyPeer(), new HaproxyReloadPeer(), new CaddyPeer() }
        )
        {
            await using (peer)
            {
                if (Peer.Find(peer.Program) is null)
                {
                    bool ci = Environment.GetEnvironmentVariable("CI") == "true";
                    string notice = $"skipped: apt install {peer.Program}";
                    if (ci)
                    {
                        table.Judge(peer.Name, notice, "measured", ok: false);
                    }
                    else
                    {
                        table.Tell(peer.Name, notice);
                    }

                    continue;
                }

                await using TimedModel old = await TimedModel.StartAsync("old", ServiceTime);
                await using TimedModel fresh = await TimedModel.StartAsync("new", ServiceTime);
                await peer.StartAsync(old.Address);
                SwitchRun run = await SwitchRun.RunAsync(
                    new Uri($"http://127.0.0.1:{peer.Port}/"),
                    old,
                    fresh,
                    plan with
                    {
                        Switches = plan.PeerSwitches,
                    },
                    to => peer.SwitchAsync(to ? fresh.Address : old.Address)
                );
                table.Tell(
                    $"{peer.Name}, {run.Switches} switches",
                    $"failed {run.Failed} of {run.Requests}, stale {run.Stale}"
                );
            }
        }
    }
}
