using Handover.Bench.Hops;
using Handover.Integration.Runtimes;
using Xunit;

namespace Handover.Integration.Hops;

/// <summary>
/// A short run of what <c>./do bench hops</c> does at length: chains over two and three hops through the real program,
/// judged by the members' own logs, while both services move by shares and by switches.
/// </summary>
public sealed class ChainTests
{
    [Fact]
    public async Task No_chain_of_hops_meets_two_releases_while_they_move()
    {
        var options = new HopsOptions(Chains: 800, Parallel: 8, Seed: 7);
        var said = new List<string>();
        ChainCount count = await HandoverChains.RunAsync(options, RuntimeWorld.Executable, said.Add);
        Assert.Equal(options.Chains, count.Chains);
        Assert.Equal((0, 0, 0, 0), (count.Mixed, count.Torn, count.Failed, count.Mislabelled));
        Assert.True(count.Moves > 0, "the run was over before anything moved");
        Assert.True(count.Lesser > 0, "only one release was met");
    }

    /// <summary>
    /// Mixed, the pair finds wrong neighbours and fails nowhere (SimilarTests); so it must not get to a request.
    /// </summary>
    [Fact(Timeout = 90_000)]
    public async Task A_release_that_embeds_into_another_space_than_its_index_meets_no_request()
    {
        using var workspace = new HopWorkspace(resources: true);
        await using RunningNode node = await RunningNode.StartAsync(RuntimeWorld.Executable, workspace.Root);
        string id = await node.StartRolloutAsync(
            """
            apiVersion: handover.dev/v1
            kind: Rollout
            metadata: { name: mixed, service: diamond-similar }
            spec:
              to: v2-mixed
              phases: [ { verify: {} }, { start: { timeout: 60s } }, { switch: { hold: 400ms } }, { retire: {} } ]
            """,
            TestContext.Current.CancellationToken
        );
        (string state, string reasons) = await node.EndAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal("refused", state);
        Assert.Contains("index stones for v2-mixed: version 2 is declared", reasons, StringComparison.Ordinal);
        Assert.Equal(0, await node.CommitsAsync("diamond-similar"));
        await node.StopAsync();
    }

    /// <summary>The count itself: a chain of two releases, one that is not whole, one that is wrongly named.</summary>
    [Fact]
    public void The_count_finds_what_it_is_there_for()
    {
        Asked[] asked =
        [
            new("a", 200, "v1", 2),
            new("b", 200, "v1", 2),
            new("c", 200, "v2", 2),
            new("d", 500, null, 2),
        ];
        string[] logs =
        [
            Line("a", "v1", "live"),
            Line("a", "v2", "live"),
            Line("b", "v1", "live"),
            Line("c", "v1", "live"),
            Line("c", "v1", "Live"),
            Line("c", "v2", "warm"),
            "12:00 info: something else {",
            "",
        ];
        ChainCount count = ChainCount.Of(asked, logs);
        Assert.Equal((1, 1, 1, 1), (count.Mixed, count.MixedAnswered, count.Torn, count.Failed));
        Assert.Equal(2, count.Mislabelled);
    }

    private static string Line(string id, string release, string purpose) =>
        $$"""{"at":"2026-01-01","requestId":"{{id}}","release":"{{release}}","purpose":"{{purpose}}","status":200}""";
}
