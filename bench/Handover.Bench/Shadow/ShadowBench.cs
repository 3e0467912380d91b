namespace Handover.Bench.Shadow;

/// <summary>What shadowing costs and what it finds: `./do bench shadow`.</summary>
internal static class ShadowBench
{
    private static readonly string[] Parts = ["pairs", "comparison", "rules", "mirror", "large", "cost", "kills"];

    public static async Task<int> RunAsync(string[] args)
    {
        int scale = Number(args, "--scale", 1);
        string[] only = args is ["--only", .. var names] ? names : Parts;
        if (only.Length == 0 || only.Except(Parts).Any())
        {
            Console.Error.WriteLine($"usage: bench shadow [--scale N | --only PART...], of {string.Join(", ", Parts)}");
            return 2;
        }

        var table = new BenchTable("shadow");
        // What one core does is measured first, before this process has driven any load.
        if (only.Contains("pairs"))
        {
            PairRows.Run(table, 4_000 * scale);
        }

        if (only.Contains("comparison"))
        {
            ComparisonRows.Run(table);
        }

        if (only.Contains("rules"))
        {
            RuleRows.Run(table);
        }

        if (only.Contains("mirror"))
        {
            await MirrorRows.RunAsync(table, rounds: 10 * scale);
        }

        if (only.Contains("large"))
        {
            await LargeRows.RunAsync(table, rounds: 6 * scale);
        }

        if (only.Contains("cost"))
        {
            await MirrorCostRows.RunAsync(table, rounds: 6 * scale);
        }

        if (only.Contains("kills"))
        {
            await KillRows.RunAsync(table, rounds: 20 * scale);
        }

        return table.Finish();
    }

    private static int Number(string[] args, string name, int otherwise) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length
            ? int.Parse(args[at + 1], System.Globalization.CultureInfo.InvariantCulture)
            : otherwise;
}
