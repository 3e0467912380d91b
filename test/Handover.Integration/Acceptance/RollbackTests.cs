using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>One command takes everything back, from wherever a rollout is, and no caller notices.</summary>
[Collection(AcceptanceCollection.Name)]
public sealed class RollbackTests
{
    [Fact(Timeout = 90_000)]
    public async Task A_rollback_from_every_phase_fails_no_request()
    {
        await using var series = new RollbackSeries(rps: 80, seed: 3);
        RollbackReport report = await series.RunAsync(
            [.. RollbackSeries.Silent, .. RollbackSeries.Serving],
            TestContext.Current.SendDiagnosticMessage
        );
        string all = string.Join('\n', report.Table().Append(report.Line));
        TestContext.Current.SendDiagnosticMessage(all);
        Assert.True(report.Verdict is { Failed: 0, Mixed: 0 }, all);

        // A bound that only a defect breaks; what it takes is measured by the long version.
        Assert.True(report.LastMs[^1] < 1000, $"{all}\n{series.Log}");
    }

    [Fact(Explicit = true)]
    public async Task Hundred_rollbacks()
    {
        int most = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_ROLLBACKS"), out int given) ? given : 108;
        IEnumerable<string> serving = Enumerable.Range(0, most).Select(i => RollbackSeries.Serving[i % 4]);
        IEnumerable<string> silent = Enumerable.Range(0, 9).Select(i => RollbackSeries.Silent[i % 3]);
        await using var series = new RollbackSeries(rps: 100, seed: 11);
        using var report = new AcceptanceReport("rollbacks");
        RollbackReport found = await series.RunAsync([.. silent, .. serving], report.Say);
        foreach (string line in found.Table().Append(found.Line))
        {
            report.Say(line);
        }

        Assert.True(found.Verdict is { Failed: 0, Mixed: 0 }, found.Line);
        Assert.True(found.P99 <= 100, found.Line);
    }
}
