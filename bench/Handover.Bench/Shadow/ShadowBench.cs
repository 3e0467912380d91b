namespace Handover.Bench.Shadow;

/// <summary>What shadowing costs and what it finds: `./do bench shadow`.</summary>
internal static class ShadowBench
{
    public static int Run(string[] args)
    {
        int scale = args is ["--scale", var n] ? int.Parse(n) : 1;
        var table = new BenchTable("shadow");
        PairRows.Run(table, 4_000 * scale);
        ComparisonRows.Run(table);
        return table.Finish();
    }
}
