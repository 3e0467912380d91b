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

    [Fact(Timeout = 60_000)]
    public async Task A_plan_tells_which_inputs_lie_outside_of_what_the_candidate_was_trained_on()
    {
        await using var node = new NodeProcess();
        string file = Path.Combine(node.Dir, "releases.yaml");
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        int second = text.IndexOf("metadata: { name: v2,", StringComparison.Ordinal);
        const string declared = "name: numbers, datatype: FP32, shape: [-1, 6]";
        int input = text.IndexOf(declared, second, StringComparison.Ordinal) + declared.Length;
        text = text.Insert(input, ", range: [0, 50]");
        int spec = text.IndexOf("spec:\n", second, StringComparison.Ordinal) + "spec:\n".Length;
        text = text.Insert(spec, "  uses:\n    features: [ { view: stones, version: 2, fields: [carat] } ]\n");
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        await StoneViewAsync(node.Dir);
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(60);
        (RolloutView plan, _) = await admin.PostAsync(
            "/api/v1/rollouts:forecast",
            new StartRolloutRequest { Manifest = AcceptancePlans.Cutover("v2"), ManifestFile = "plan.yaml" },
            ProtocolJson.Default.StartRolloutRequest,
            ProtocolJson.Default.RolloutView,
            TestContext.Current.CancellationToken
        );
        Assert.Contains("stones", Assert.Single(plan.Checks!.Awaited), StringComparison.Ordinal);
        Assert.Equal(["feature view stones/2: not served (MATERIALIZING)"], plan.Checks.Around);
        Assert.Contains("numbers", Assert.Single(plan.Checks.Refusals), StringComparison.Ordinal);
        InputSkewView skew = plan.Skew!.Inputs[0];
        Assert.Contains("not checked", plan.Skew.Inputs[1].Text, StringComparison.Ordinal);
        Assert.True(plan.Skew.Requests >= 50, $"{plan.Skew.Requests} requests");
        Assert.Equal(6 * plan.Skew.Requests, skew.Values);

        // Depth and table of a stone are percentages of sixty or so.
        Assert.Equal(2 * plan.Skew.Requests, skew.Outside);
        Assert.True(skew.Most > 50, skew.Text);
    }

    private static async Task StoneViewAsync(string directory)
    {
        await File.WriteAllTextAsync(
            Path.Combine(directory, "views.json"),
            """
            {"views":[{"name":"stones","version":2,"state":"MATERIALIZING",
              "materialized":"2026-01-01T00:00:00Z","fields":{"carat":"FP32"}}]}
            """,
            TestContext.Current.CancellationToken
        );
        await File.WriteAllTextAsync(
            Path.Combine(directory, "stones.yaml"),
            """
            apiVersion: handover.dev/v1
            kind: FeatureView
            metadata: { name: stones }
            spec:
              versions:
                - version: 2
                  fields: [ { name: carat, datatype: FP32, range: [0.2, 5] } ]
                  freshness: 1h
                  file: views.json
            """,
            TestContext.Current.CancellationToken
        );
    }

    private static Task<HoldForecastView> ForecastAsync(AdminClient admin, string rest) =>
        admin.GetAsync(
            $"/api/v1/rollouts/{rest}",
            ProtocolJson.Default.HoldForecastView,
            TestContext.Current.CancellationToken
        );
}
