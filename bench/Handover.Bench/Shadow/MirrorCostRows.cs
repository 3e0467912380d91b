using System.Globalization;
using System.Text.Json;
using Handover.Bench.Cutover;

namespace Handover.Bench.Shadow;

/// <summary>
/// Processor time per live request with every request copied: of the whole node, which also compares the answers and
/// gathers evidence, against nginx with <c>mirror</c>, which reads no answer of a copy. In turns, in one run.
/// </summary>
internal static class MirrorCostRows
{
    private const double Rate = 1_000;
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(BenchTable table, int rounds)
    {
        table.Section(
            string.Create(
                CultureInfo.InvariantCulture,
                $"processor time per live request, {Rate:0}/s, {rounds} rounds of {Burst.TotalSeconds:0} s, shuffled"
            )
        );
        if (!MirroringNginx.Installed)
        {
            table.Judge("against nginx with mirror", "skipped: apt install nginx", "measured", ok: false);
            return;
        }

        await using MirroringNginx nginx = await MirroringNginx.StartAsync();
        await using ShadowStage stage = await ShadowStage.StartAsync([
            new ShadowService("plain", nginx.Stable, null),
            new ShadowService("shadowed", nginx.Stable, nginx.Candidate),
            new ShadowService("unrecorded", nginx.Stable, nginx.Candidate, JournalPercent: 0),
        ]);
        Arm[] arms =
        [
            new("nginx", nginx.Plain, nginx.ProcessId),
            new("nginx, mirror", nginx.Mirrored, nginx.ProcessId),
            new("node", stage.Target("plain"), stage.ProcessId),
            new("node, shadow, journal of everything", stage.Target("shadowed"), stage.ProcessId),
            new("node, shadow, no journal", stage.Target("unrecorded"), stage.ProcessId),
        ];

        Dictionary<string, List<double>> costs = await MeasureAsync(arms, rounds);
        foreach (Arm arm in arms)
        {
            Row(table, arm, costs[arm.Name], costs[arms[1].Name], judged: arm == arms[^1]);
        }

        JsonElement told = await stage.ShadowAsync("unrecorded");
        long copies = told.GetProperty("copies").GetInt64();
        long lost = told.GetProperty("dropped").GetInt64() + told.GetProperty("withheld").GetInt64();
        table.Judge("  copies lost of those wanted", $"{lost} of {copies + lost}", "<= 1 %", lost <= 0.01 * copies);
    }

    private static async Task<Dictionary<string, List<double>>> MeasureAsync(Arm[] arms, int rounds)
    {
        // What is compiled once must not be charged to the first arm.
        foreach (Arm arm in arms.Concat(arms))
        {
            await CostAsync(arm);
        }

        var order = arms.ToArray();
        var random = new Random(23);
        var costs = arms.ToDictionary(a => a.Name, _ => new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            random.Shuffle(order);
            foreach (Arm arm in order)
            {
                costs[arm.Name].Add(await CostAsync(arm));
            }
        }

        return costs;
    }

    private static void Row(BenchTable table, Arm arm, List<double> own, List<double> peer, bool judged)
    {
        double[] ratios = [.. own.Zip(peer, (a, b) => a / b).Order()];
        double ratio = LedgerRows.Median(ratios);
        string measured = string.Create(
            CultureInfo.InvariantCulture,
            $"{LedgerRows.Median(own):0} us, {ratio:0.00} x [{ratios[0]:0.00}-{ratios[^1]:0.00}]"
        );
        if (judged)
        {
            table.Judge(arm.Name, measured, "<= 1.0 x nginx with mirror", ratio <= 1);
        }
        else
        {
            table.Tell(arm.Name, measured);
        }
    }

    private static async Task<double> CostAsync(Arm arm)
    {
        using var load = new OpenLoad(arm.Target, Rate);
        double before = ProcessorTime.Micros(arm.Process);
        using var stop = new CancellationTokenSource(Burst);
        await load.RunAsync(stop.Token);

        // Copies and what is written of them come a little later.
        await Task.Delay(300);
        double cost = (ProcessorTime.Micros(arm.Process) - before) / load.Records.Count;
        return load.Failed == 0
            ? cost
            : throw new InvalidOperationException($"{arm.Name}: {load.Failed} of {load.Records.Count} failed");
    }

    /// <summary>One way of serving.</summary>
    /// <param name="Name">For the table.</param>
    /// <param name="Target">Where callers send.</param>
    /// <param name="Process">Whose processor time is read.</param>
    private sealed record Arm(string Name, Uri Target, int Process);
}
