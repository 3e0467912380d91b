using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// What the real program says before and after a move: who would wait, how it drained, and the way back.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class OutlookTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_dry_run_tells_who_would_wait_and_the_report_tells_drain_curve_and_way_back()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(60);
        string plan = AcceptancePlans.Plan(
            "outlook",
            "v2",
            "parallel",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- warm: { requests: 40, until: converged }",
            "- shift: { share: 10%, for: 10m }",
            "- shift: { share: 100%, for: 10m }",
            "- retire: { keep: 10m }"
        );
        string id = (await node.StartRolloutAsync(admin, plan)).Id;
        RolloutView shifted = await SingleStackPlans.UntilAsync(admin, id, r => r.Share >= 10);
        Assert.Contains(
            shifted.Events,
            e => e.Kind == "moved" && e.Text.Contains("; drain ", StringComparison.Ordinal)
        );
        Assert.True(shifted.WarmCurve.Count >= 2, "convergence takes two windows at least");
        Assert.True(shifted.Rollback is { Release: "v1", Warm: true, Fits: true }, shifted.Rollback?.Text);

        // From 10 % to 30 %: a fifth of the entities would wait, and the rate is what the callers send.
        HoldForecastView hold = await ForecastAsync(admin, $"{id}/hold?percent=30");
        Assert.InRange(hold.SlicePercent, 18, 22);
        double rate = calls.All.Count(c => c.Sent > TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(2)) / 2.0;
        Assert.InRange(hold.Requests, 0, rate * 0.22 * 0.4);
        Assert.InRange(hold.LongestMs, 1, 400);

        // The next move of the plan takes the other ninety.
        Assert.InRange((await ForecastAsync(admin, $"{id}/hold")).SlicePercent, 88, 92);
        RolloutView back = await SingleStackPlans.RollbackAsync(admin);
        Assert.True(back.State == "rolledBack", SingleStackPlans.Story(back));
        await Assert.ThrowsAsync<AdminFailure>(() => ForecastAsync(admin, $"{id}/hold"));
    }

    private static Task<HoldForecastView> ForecastAsync(AdminClient admin, string rest) =>
        admin.GetAsync(
            $"/api/v1/rollouts/{rest}",
            ProtocolJson.Default.HoldForecastView,
            TestContext.Current.CancellationToken
        );
}
