using Handover.Ports;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// A node that dies at any time loses nothing but what was in flight. The long version is <c>./do chaos</c>.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class ChaosTests
{
    [Fact(Timeout = 90_000)]
    public async Task A_node_killed_in_the_middle_of_rollouts_goes_on_where_it_was()
    {
        await using var loop = new KillLoop(new KillLoopOptions(Kills: 2, Holding: 2, Rps: 40, Seed: 7));
        KillLoopReport report = await loop.RunAsync(TestContext.Current.SendDiagnosticMessage);
        Assert.True(report.Clean, string.Join('\n', report.Table().Append(report.Line)));
        Assert.Equal(2, report.Kills.Count);
    }

    [Fact(Explicit = true)]
    public async Task Fifty_kills()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_SEED"), out int given) ? given : 1;
        int kills = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_KILLS"), out int most) ? most : 50;
        await using var loop = new KillLoop(
            new KillLoopOptions(kills, Holding: 10, Rps: 60, seed) { EveryPhase = true }
        );
        using var report = new AcceptanceReport("kills");
        KillLoopReport found = await loop.RunAsync(report.Say);
        foreach (string line in found.Table().Append(found.Line))
        {
            report.Say(line);
        }

        Assert.True(found.Clean, found.Line);
        Assert.True(found.Kills.Count == kills, "too few kills hit a running rollout");
        Assert.True(found.Holding >= Math.Min(10, kills), "too few kills while holding");
        Assert.True(found.Missed.Count == 0, $"no kill in {string.Join(", ", found.Missed)}");
    }

    [Fact(Timeout = 90_000)]
    public async Task A_node_that_dies_between_BEGIN_and_COMMIT_goes_on_where_it_was()
    {
        string[] points = [Failpoint.HoldSent, Failpoint.CommitAfter];
        await using var loop = new FailpointLoop(new FailpointLoopOptions(2, points, Rps: 40, Seed: 7));
        FailpointReport report = await loop.RunAsync(TestContext.Current.SendDiagnosticMessage);
        Assert.True(report is { Anomalies: 0, Missed: [] }, string.Join('\n', report.Table().Append(report.Line)));
    }

    [Fact(Explicit = true)]
    public async Task Two_hundred_kills_at_failpoints()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_SEED"), out int given) ? given : 1;
        int kills = int.TryParse(Environment.GetEnvironmentVariable("CHAOS_KILLS"), out int most) ? most : 200;

        string only = Environment.GetEnvironmentVariable("CHAOS_POINTS") ?? "";
        string[] points = [.. Failpoint.All.Where(p => p.StartsWith(only, StringComparison.Ordinal))];
        await using var loop = new FailpointLoop(new FailpointLoopOptions(kills, points, Rps: 60, seed));
        using var report = new AcceptanceReport("failpoints");
        FailpointReport found = await loop.RunAsync(report.Say);
        foreach (string line in found.Table().Append(found.Line))
        {
            report.Say(line);
        }

        Assert.True(found.Anomalies == 0, found.Line);
        Assert.True(found.Hits.Count >= kills, "too few kills");
        Assert.True(found.Keys is { Replayed: > 0 }, "no answer was asked for twice");
        Assert.True(found.Missed.Count == 0, $"never hit: {string.Join(", ", found.Missed)}");
    }
}
