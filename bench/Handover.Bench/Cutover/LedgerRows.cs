using System.Diagnostics;
using Handover.Control.Ledger;
using Handover.Core.Ledger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handover.Bench.Cutover;

/// <summary>What the ledger costs, beside what one fsynced write costs on the same disk in the same seconds.</summary>
internal static class LedgerRows
{
    public static async Task RunAsync(BenchTable table, GatewayStage stage, CutoverPlan plan, string directory)
    {
        table.Section("the ledger");
        var plain = new List<double>();
        var keyed = new List<double>();
        var fsync = new List<double>();

        // In turns, because the disk and its neighbours change from second to second.
        for (int i = 0; i < plan.Seconds; i++)
        {
            plain.AddRange(await SideAsync(stage, keyed: false));
            fsync.AddRange(Fsyncs(directory, 50));
            keyed.AddRange(await SideAsync(stage, keyed: true));
        }

        double added = Median(keyed) - Median(plain);
        double one = Median(fsync);
        table.Tell("one fsynced append of 700 bytes, p50", $"{one:0.00} ms");
        table.Judge(
            "ledger on: added p50 per request",
            $"{added:0.00} ms = {added / one:0.0} x one fsynced write",
            "<= 3 x",
            added <= 3 * one
        );
        double rate = await RateAsync(directory, TimeSpan.FromSeconds(plan.Seconds));
        table.Judge("decisions per second with group commit, 256 at once", $"{rate:0}", ">= 5000", rate >= 5000);
    }

    private static async Task<IEnumerable<double>> SideAsync(GatewayStage stage, bool keyed)
    {
        using var load = new OpenLoad(stage.Target, 50);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await load.RunAsync(stop.Token, keyed);
        return load.Records.Where(r => r.Ok).Select(r => r.Ms).ToList();
    }

    public static List<double> Fsyncs(string directory, int count)
    {
        string path = Path.Combine(directory, "fsync");
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        byte[] record = new byte[700];
        var times = new List<double>(count);
        for (int i = 0; i < count; i++)
        {
            long began = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, record, (long)i * record.Length);
            RandomAccess.FlushToDisk(file);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        return times;
    }

    private static async Task<double> RateAsync(string directory, TimeSpan length)
    {
        await using LedgerStore store = LedgerStore.Open(
            new LedgerOptions { Directory = Path.Combine(directory, "rate"), Within = TimeSpan.FromSeconds(30) },
            _ => null,
            TimeProvider.System,
            NullLogger<LedgerStore>.Instance
        );
        long done = 0;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 256).Select(_ => Task.Run(OneAfterAnotherAsync)));
        return done / watch.Elapsed.TotalSeconds;

        async Task OneAfterAnotherAsync()
        {
            byte[] body = new byte[400];
            while (watch.Elapsed < length)
            {
                string id = Guid.NewGuid().ToString("N");
                var row = new Decision
                {
                    Service = "price",
                    Key = id,
                    Fingerprint = id,
                    RequestId = id,
                    Release = "old",
                    Epoch = 1,
                    Owner = "bench",
                    At = TimeProvider.System.GetUtcNow(),
                };
                var answer = new RecordedAnswer(200, [], body);
                LedgerReply? claimed = await store.TellAsync(new LedgerWrite.Claim(row, ReplaySafe: false));
                LedgerReply? finished = await store.TellAsync(
                    new LedgerWrite.Finish(row with { Stage = DecisionStage.Done, Answer = answer })
                );
                if (claimed is { Outcome: LedgerOutcome.Applied } && finished is { Outcome: LedgerOutcome.Applied })
                {
                    Interlocked.Increment(ref done);
                }
            }
        }
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
