using System.Diagnostics;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Integration.Runtimes;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The real program and real models: a release that answers fast, without errors and wrongly is taken back by labels
/// alone, judged when its answers are old enough; and its report says how wrong it was.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class LabelTests
{
    [Fact]
    public async Task A_wrong_release_is_taken_back_by_labels_alone()
    {
        await using var node = new NodeProcess();
        string file = Path.Combine(node.Dir, "service.yaml");
        string declared = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            file,
            declared.Replace("tolerance: 20% }", "tolerance: 20%, window: 2s }", StringComparison.Ordinal),
            TestContext.Current.CancellationToken
        );
        await node.StartAsync();
        using var stop = new CancellationTokenSource();
        Task loading = Load(node).RunAsync(stop.Token);
        using AdminClient admin = node.Admin();
        await LabelledAsync(admin, 1100);
        RolloutView view = await node.StartRolloutAsync(admin, Plan);
        Assert.Contains(view.Gates, g => g is { Name: "loss", Forecast.RollBackSeconds: > 0 });
        Assert.Equal((8000m, 5000m), (view.Cost!.CandidatePerDay, view.Cost.Budget));
        view = await EndedAsync(admin, view.Id);
        await stop.CancelAsync();
        await loading;
        string told = string.Join("; ", view.Reasons);
        Assert.True(view is { State: "rolledBack", Verdict.Culprit: "loss" }, $"{view.State}: {told}");
        LossView right = view.Losses.Single(l => l is { Release: "v1", Shadow: false });
        LossView wrong = view.Losses.Single(l => l is { Release: "v2-swapped", Shadow: false });
        Assert.True(wrong.Mae > right.Mae && wrong.Labelled > 50, $"{wrong.Mae} > {right.Mae} of {wrong.Labelled}");
        RecomputationView again = await admin.GetAsync(
            $"/api/v1/rollouts/{view.Id}/recomputation",
            ProtocolJson.Lenient.RecomputationView,
            CancellationToken.None
        );
        Assert.True(again.Same);
        Assert.Contains(again.Verdicts[^1].Kept.Counts, c => c.Metric == "coverage:loss");
    }

    private const string Plan = """
        apiVersion: handover.dev/v1
        kind: Rollout
        metadata: { name: swapped, service: diamond-price }
        spec:
          to: v2-swapped
          phases:
            - verify: {}
            - start: { timeout: 30s }
            - warm: { requests: 20, until: converged }
            - shift: { share: 50%, for: 60s, requests: 200 }
            - shift: { share: 100% }
            - retire: { keep: 1m }
          gates:
            metrics:
              - { name: loss, worseBy: 5% }
          budget: { extraCost: 5000 USD }
        """;

    private static LoadRun Load(NodeProcess node) =>
        new(
            new LoadOptions
            {
                Url = node.Infer,
                Rps = 200,
                Customers = 4000,
                Duration = TimeSpan.FromMinutes(5),
                Seed = 11,
                LabelDelay = TimeSpan.FromMilliseconds(500),
                LabelsUrl = node.Labels,
                Token = node.Token,
            }
        );

    private static async Task LabelledAsync(AdminClient admin, long least)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMinutes(1))
        {
            LabelsView labels = await admin.GetAsync(
                $"/api/v1/services/{NodeProcess.Service}/labels",
                ProtocolJson.Lenient.LabelsView,
                CancellationToken.None
            );
            if (labels.Losses.Sum(l => l.Labelled) >= least)
            {
                return;
            }

            await Task.Delay(100);
        }

        throw new TimeoutException("stable never had enough labels");
    }

    private static async Task<RolloutView> EndedAsync(AdminClient admin, string id)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            RolloutView view = await admin.GetAsync(
                $"/api/v1/rollouts/{id}",
                ProtocolJson.Lenient.RolloutView,
                CancellationToken.None
            );
            if (view.EndedAt is not null || watch.Elapsed > TimeSpan.FromSeconds(90))
            {
                return view;
            }

            await Task.Delay(100);
        }
    }
}
