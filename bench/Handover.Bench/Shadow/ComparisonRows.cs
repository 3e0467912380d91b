using System.Diagnostics;
using System.Globalization;
using System.Text;
using Handover.Core.Catalog;
using Handover.Core.Divergence;

namespace Handover.Bench.Shadow;

/// <summary>How many pairs of answers of 1 KB one core compares in a second, and what memory that takes.</summary>
internal static class ComparisonRows
{
    private const int Bytes = 1_024;

    public static void Run(BenchTable table)
    {
        table.Section("Comparison of two JSON answers of 1 KB, one core");
        byte[] stable = Answer(0);
        Row("equal", [.. stable], "0 bytes");
        Row("numbers within the tolerance", Answer(0.001), null);
        Row("numbers beyond it", Answer(0.2), null);
        (double moved, _) = Measure(stable, Answer(0.2, turned: true));
        table.Tell(
            "numbers beyond it, members in another order",
            string.Create(CultureInfo.InvariantCulture, $"{moved:N0} pairs/s")
        );

        void Row(string what, byte[] candidate, string? memory)
        {
            (double perSecond, double allocated) = Measure(stable, candidate);
            string figure = string.Create(CultureInfo.InvariantCulture, $"{perSecond:N0} pairs/s");
            table.Judge($"{what}: throughput", figure, ">= 200,000 pairs/s", perSecond >= 200_000);
            if (memory is not null)
            {
                string bytes = string.Create(CultureInfo.InvariantCulture, $"{allocated:0.##} bytes");
                table.Judge($"{what}: allocated per pair", bytes, memory, allocated < 0.5);
            }
        }
    }

    private static (double PerSecond, double Allocated) Measure(byte[] a, byte[] b)
    {
        double best = 0;
        double allocated = 0;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            int pairs = 0;
            while (Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(0.4))
            {
                for (int i = 0; i < 500; i++)
                {
                    AnswerComparison.Compare(WireProtocol.Json, a, b);
                }

                pairs += 500;
            }

            best = Math.Max(best, pairs / Stopwatch.GetElapsedTime(began).TotalSeconds);
            allocated = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / pairs;
        }

        return (best, allocated);
    }

    private static byte[] Answer(double apart, bool turned = false)
    {
        var text = new StringBuilder("{\"model\":\"price\",\"items\":[");
        for (int i = 0; text.Length < Bytes - 60; i++)
        {
            double price = (100 + i) * (1 + apart);
            text.Append(i == 0 ? "" : ",");
            string id = $"\"id\":\"item-{i}\"";
            string number = string.Create(CultureInfo.InvariantCulture, $"\"price\":{price:0.000}");
            text.Append(turned ? $"{{\"ok\":true,{number},{id}}}" : $"{{{id},{number},\"ok\":true}}");
        }

        text.Append("],\"pad\":\"").Append('x', Math.Max(0, Bytes - text.Length - 11)).Append("\"}");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
