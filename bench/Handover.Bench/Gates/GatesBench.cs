namespace Handover.Bench.Gates;

/// <summary>
/// What the verdicts are worth: false alarms, speed against the limits of information theory, wrong promotions, cost,
/// and the same rollouts judged by the rules of other tools. Seeded; every trial can be repeated.
/// </summary>
internal static class GatesBench
{
    public static int Run(string[] args)
    {
        int scale = args is ["--scale", var n] ? int.Parse(n) : 1;
        var table = new BenchTable("gates");
        FalseAlarms.Run(table, 2_000 * scale);
        Speed.Run(table, 4_000 * scale);
        PeerRows.Run(table, 1_000 * scale);
        WholeBook.Run(table, 1_000 * scale);
        MixRows.Run(table, 1_000 * scale);
        PublishedTable.Run(table, 100_000);
        return table.Finish();
    }
}
