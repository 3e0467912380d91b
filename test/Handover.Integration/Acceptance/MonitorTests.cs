using Handover.App.Cli;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// A monitor is a consumer: the real program refuses a candidate whose answers are not distributed as both declare.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class MonitorTests
{
    private const string Output = "range: [0, 100000], semantics: price/2.0";

    [Theory(Timeout = 60_000)]
    [InlineData("edges: [400, 500], shares: [0.1, 0.8, 0.1]", "refused")]
    [InlineData("edges: [100000], shares: [1, 0]", "succeeded")]
    public async Task Answers_are_held_against_the_distribution_that_a_monitor_gives(string histogram, string end)
    {
        await using var node = new NodeProcess();
        string file = Path.Combine(node.Dir, "releases.yaml");
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        text = text.Replace(Output, $"{Output}, reference: prices", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(node.Dir, "drift.yaml"),
            "apiVersion: handover.dev/v1\nkind: Consumer\n"
                + $"metadata: {{ name: drift-monitor, service: {NodeProcess.Service} }}\n"
                + "spec:\n  role: monitoring\n"
                + "  accepts: { tensors: [ { name: price, datatype: FP32, shape: [-1, 1], unit: USD } ] }\n"
                + $"  monitors: {{ references: [ {{ output: price, distribution: prices, {histogram} }} ] }}\n",
            TestContext.Current.CancellationToken
        );
        await node.StartAsync();
        using AdminClient admin = node.Admin();
        await using var calls = new OpenCalls(node.Infer);
        await calls.AnsweredAsync(260);
        string plan = AcceptancePlans
            .Cutover("v2", bake: "100ms")
            .Replace("requests: 20", "requests: 240", StringComparison.Ordinal);
        string id = (await node.StartRolloutAsync(admin, plan)).Id;
        RolloutView ended = await SingleStackPlans.UntilAsync(admin, id, r => r.EndedAt is not null);
        Assert.True(ended.State == end, SingleStackPlans.Story(ended));
        bool told = ended.Reasons.Any(r =>
            r.Contains("which drift-monitor compares with: stability index", StringComparison.Ordinal)
        );
        Assert.Equal(end == "refused", told);
    }
}
