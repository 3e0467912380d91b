using System.Globalization;
using System.Text.Json;
using Handover.Bench.Cutover;

namespace Handover.Bench.Shadow;

/// <summary>
/// What live callers notice of a candidate that is shadowed, be it well or ill: the live 99th percentile with every
/// request copied against the one without, in turns on one node, and the live failures.
/// </summary>
internal static class MirrorRows
{
    private const double Rate = 300;
    private const double Bound = 1.10;
    private const string Plain = "plain";
    private static readonly TimeSpan ServiceTime = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(BenchTable table, int rounds)
    {
        table.Section(
            string.Create(
                CultureInfo.InvariantCulture,
                $"100 % shadowed, {Rate:0}/s, service 5 ms, {rounds} rounds of {Burst.TotalSeconds:0} s, shuffled"
            )
        );
        await using CandidateModel stable = await CandidateModel.StartAsync(CandidateModel.Answer(326), ServiceTime);
        var candidates = new Dictionary<CandidateMode, CandidateModel>();
        var services = new List<ShadowService> { new(Plain, stable.Address, null) };
        foreach (CandidateMode mode in Enum.GetValues<CandidateMode>())
        {
            candidates[mode] = await CandidateModel.StartAsync(CandidateModel.Answer(326.5), ServiceTime);
            services.Add(new ShadowService(Name(mode), stable.Address, candidates[mode].Address));
        }

        try
        {
            await using ShadowStage stage = await ShadowStage.StartAsync(services);
            string[] arms = [.. services.Select(s => s.Name)];
            await RoundAsync(stage, arms, TimeSpan.FromSeconds(2));
            foreach ((CandidateMode mode, CandidateModel candidate) in candidates)
            {
                await candidate.BecomeAsync(mode);
            }

            Dictionary<CandidateMode, long> before = candidates.ToDictionary(c => c.Key, c => c.Value.Asked);
            var random = new Random(17);
            var seen = arms.ToDictionary(a => a, _ => new List<ArmRun>());
            for (int round = 0; round < rounds; round++)
            {
                random.Shuffle(arms);
                foreach ((string arm, ArmRun run) in await RoundAsync(stage, arms, Burst))
                {
                    seen[arm].Add(run);
                }
            }

            foreach ((CandidateMode mode, CandidateModel candidate) in candidates)
            {
                await stage.ShadowingAsync(Name(mode));
                JsonElement told = await stage.ShadowAsync(Name(mode));
                Row(table, mode, seen[Plain], seen[Name(mode)], candidate.Asked - before[mode], told);
            }
        }
        finally
        {
            foreach (CandidateModel candidate in candidates.Values)
            {
                await candidate.DisposeAsync();
            }
        }
    }

    private static string Name(CandidateMode mode) => mode.ToString().ToLowerInvariant();

    private static void Row(
        BenchTable table,
        CandidateMode mode,
        List<ArmRun> plain,
        List<ArmRun> shadowed,
        long asked,
        JsonElement told
    )
    {
        double[] ratios = [.. plain.Zip(shadowed, (p, s) => s.P99 / p.P99).Order()];
        double ratio = LedgerRows.Median(ratios);
        int failed = shadowed.Sum(s => s.Failed);
        int requests = shadowed.Sum(s => s.Requests);
        string measured = string.Create(
            CultureInfo.InvariantCulture,
            $"{ratio:0.00} x [{ratios[0]:0.00}-{ratios[^1]:0.00}], failed {failed} of {requests}"
        );
        table.Judge(
            $"candidate {Name(mode)}: live p99 against none, median of {ratios.Length} rounds",
            measured,
            "<= 1.10 x, 0 failed",
            ratio <= Bound && failed == 0 && requests > 0
        );
        table.Tell(
            "  copies that it got; and the status of the rollout says",
            $"{asked} of {requests}; {told.GetProperty("text").GetString()}"
        );
        if (mode == CandidateMode.Healthy)
        {
            // Without copies the row above would be true of nothing.
            table.Judge(
                "  copied of the live requests",
                $"{(double)asked / requests:P1}",
                ">= 99 %",
                asked >= 0.99 * requests
            );
        }
    }

    private static async Task<List<(string Arm, ArmRun Run)>> RoundAsync(
        ShadowStage stage,
        IEnumerable<string> arms,
        TimeSpan length
    )
    {
        var runs = new List<(string, ArmRun)>();
        foreach (string arm in arms)
        {
            using var load = new OpenLoad(stage.Target(arm), Rate);
            using var stop = new CancellationTokenSource(length);
            await load.RunAsync(stop.Token);

            // The first half second connects.
            runs.Add((arm, new ArmRun(load.P99(without: (int)(Rate / 2)), load.Failed, load.Records.Count)));
        }

        return runs;
    }

    /// <summary>One burst of one arm.</summary>
    /// <param name="P99">99th percentile of the live latency in ms.</param>
    /// <param name="Failed">Requests without a 2xx answer.</param>
    /// <param name="Requests">Requests.</param>
    private sealed record ArmRun(double P99, int Failed, int Requests);
}
