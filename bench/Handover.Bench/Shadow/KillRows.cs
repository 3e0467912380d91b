using System.Diagnostics;
using System.Globalization;
using Handover.Bench.Hops;
using Microsoft.Data.Sqlite;

namespace Handover.Bench.Shadow;

/// <summary>
/// How long after each kind of kill switch the candidate still answered somebody: from the moment somebody reaches for
/// the switch (the start of the command line's own process included) to the last answer of the candidate that any
/// caller got, with the candidate at 100 %.
/// </summary>
internal static class KillRows
{
    // Longer than the goal, so that a miss is seen and measured.
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(1_500);

    public static async Task RunAsync(BenchTable table, int rounds)
    {
        table.Section($"Kill switch: from the flip to the candidate's last answer, {rounds} flips each, under load");
        await using KillStage stage = await KillStage.StartAsync();
        await EachAsync("handover flag off (a process of its own)", () => CommandLineAsync(stage.Node), locked: false);
        await EachAsync("API", () => ApiAsync(stage.Node), locked: false);
        await EachAsync("API, the store locked by somebody else", () => ApiAsync(stage.Node), locked: true);
        await EachAsync("a file on the node", () => FileAsync(stage.Node), locked: false);
        await EachAsync("a file, the store locked", () => FileAsync(stage.Node), locked: true);
        await OutsideAsync(table, stage, rounds);
        table.Judge("requests that failed meanwhile", $"{stage.Failed} of {stage.Answered}", "0", stage.Failed == 0);

        async Task EachAsync(string way, Func<Task> flip, bool locked)
        {
            double[] all = new double[rounds];
            for (int i = 0; i < rounds; i++)
            {
                string id = await stage.ServingAsync(outside: false);
                using (SqliteConnection? store = locked ? stage.LockStore() : null)
                {
                    all[i] = await stage.FlipAsync(flip, Watch);
                }

                await stage.OnAgainAsync(id);
            }

            Judge(table, way, all);
        }
    }

    // No move follows this flag, so one rollout sees all its flips.
    private static async Task OutsideAsync(BenchTable table, KillStage stage, int rounds)
    {
        double[] all = new double[rounds];
        await stage.ServingAsync(outside: true);
        for (int i = 0; i < rounds; i++)
        {
            await stage.CandidateAnswersAsync();
            all[i] = await stage.FlipAsync(
                () =>
                {
                    stage.Flag.On = false;
                    return Task.CompletedTask;
                },
                Watch
            );
            stage.Flag.On = true;
        }

        Judge(table, "the organisation's own flag, ttl 1 s", all);
    }

    private static void Judge(BenchTable table, string way, double[] all)
    {
        Array.Sort(all);
        double p99 = all[Math.Max(0, (int)Math.Ceiling(0.99 * all.Length) - 1)];
        string measured = string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {all[all.Length / 2]:0} ms, p99 {p99:0} ms, max {all[^1]:0} ms"
        );
        table.Judge(way, measured, "max <= 1,000 ms", all[^1] <= 1_000);
    }

    private static Task ApiAsync(RunningNode node) => node.CommandAsync($"api/v1/services/{KillStage.Service}:flagOff");

    private static Task FileAsync(RunningNode node)
    {
        string folder = Path.Combine(node.State, "flags");
        Directory.CreateDirectory(folder);
        return File.WriteAllTextAsync(Path.Combine(folder, $"{KillStage.Service}.off"), "");
    }

    private static async Task CommandLineAsync(RunningNode node)
    {
        var start = new ProcessStartInfo(HandoverChains.BuiltExecutable) { RedirectStandardOutput = true };
        foreach (string argument in (string[])["flag", "off", KillStage.Service, "--server", node.Admin.ToString()])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HANDOVER_TOKEN"] = node.Token;
        using Process process = Process.Start(start)!;
        string said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"handover flag off: exit {process.ExitCode}, {said}");
        }
    }
}
