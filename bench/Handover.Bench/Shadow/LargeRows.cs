using System.Globalization;
using System.Text.Json;
using Handover.Bench.Cutover;

namespace Handover.Bench.Shadow;

/// <summary>
/// What the callers of one service notice while large answers of another one on the same node are copied and compared:
/// to compare one takes as long as many requests do, and must not take place where requests wait.
/// </summary>
internal static class LargeRows
{
    private const double Rate = 300;
    private const double LargeRate = 10;
    private const double Bound = 1.10;
    private static readonly TimeSpan ServiceTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(BenchTable table, int rounds)
    {
        byte[] answer = CandidateModel.LargeAnswer(326);
        table.Section(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Rate:0}/s small answers beside {LargeRate:0}/s of {answer.Length / 1024} KB, {rounds} rounds, shuffled"
            )
        );
        await using CandidateModel small = await CandidateModel.StartAsync(CandidateModel.Answer(326), ServiceTime);
        await using CandidateModel stable = await CandidateModel.StartAsync(answer, ServiceTime);
        await using CandidateModel candidate = await CandidateModel.StartAsync(
            CandidateModel.LargeAnswer(327),
            ServiceTime
        );
        await using ShadowStage stage = await ShadowStage.StartAsync([
            new ShadowService("small", small.Address, null),
            new ShadowService("served", stable.Address, null),
            new ShadowService("compared", stable.Address, candidate.Address),
        ]);
        string[] arms = ["served", "compared"];
        Dictionary<string, List<double>> seen = arms.ToDictionary(a => a, _ => new List<double>());
        var random = new Random(29);
        int failed = 0;
        for (int round = -1; round < rounds; round++)
        {
            random.Shuffle(arms);
            foreach (string arm in arms)
            {
                (double p99, int bad) = await BesideAsync(stage, arm);
                failed += bad;

                // The first round compiles and connects.
                if (round >= 0)
                {
                    seen[arm].Add(p99);
                }
            }
        }

        double[] ratios = [.. seen["served"].Zip(seen["compared"], (s, c) => c / s).Order()];
        string measured = string.Create(
            CultureInfo.InvariantCulture,
            $"{LedgerRows.Median(ratios):0.00} x [{ratios[0]:0.00}-{ratios[^1]:0.00}], failed {failed}"
        );
        table.Judge(
            "small answers' live p99, large ones compared against only served",
            measured,
            "<= 1.10 x, 0 failed",
            LedgerRows.Median(ratios) <= Bound && failed == 0
        );
        JsonElement told = await stage.ShadowAsync("compared");
        table.Judge(
            "  large copies, without which the row above would be true of nothing",
            $"{told.GetProperty("copies").GetInt64()}",
            "> 0",
            told.GetProperty("copies").GetInt64() > 0
        );
    }

    private static async Task<(double P99, int Failed)> BesideAsync(ShadowStage stage, string arm)
    {
        using var small = new OpenLoad(stage.Target("small"), Rate);
        using var large = new OpenLoad(stage.Target(arm), LargeRate);
        using var stop = new CancellationTokenSource(Burst);
        await Task.WhenAll(small.RunAsync(stop.Token), large.RunAsync(stop.Token));
        return (small.P99(without: (int)(Rate / 2)), small.Failed + large.Failed);
    }
}
