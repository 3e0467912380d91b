using System.Diagnostics;
using Handover.Protocol;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// Shadowing in the real program: chats that stream are compared as texts, a candidate that falls silent is told, what
/// stable changes by itself is told from what the candidate changes, and all of it outlives kill -9.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class ShadowNodeTests
{
    private const string Done = "data: [DONE]\n\n";

    [Fact(Timeout = 60_000)]
    public async Task Streams_that_say_different_things_show_in_the_divergence_and_a_silent_candidate_in_its_reasons()
    {
        await using ShadowNode node = await ShadowNode.StartAsync("openai");
        node.V1.Behaviour = Chat("The sky is ", "blue today.");
        node.V2.Behaviour = Chat("The sky is ", "a grey and rainy ", "affair.");
        await node.WatchAsync("{ share: 100%, pairs: 100000 }");
        RolloutView view = await node.UntilAsync(r => r.Shadow!.Copies >= 20, ask: 2);
        Assert.Equal((0, 0, 0), ((int)view.Shadow!.Failed, (int)view.Shadow.TimedOut, (int)view.Shadow.Dropped));
        Assert.True(view.Shadow.Cost is { BytesRead: > 0, BytesSent: > 0, Seconds: > 0 }, $"{view.Shadow.Cost}");
        Assert.True(view.Shadow.Latency is { Pairs: > 0, Candidate.FirstByteMsP50: > 0 }, $"{view.Shadow.Latency}");

        DivergenceView differs = await node.DivergenceAsync();
        DivergentPathView path = Assert.Single(differs.Paths);
        Assert.Equal(("content", "value", differs.Pairs), (path.Path, path.Kind, path.Pairs));
        Assert.Contains("rainy", path.Examples[0].Candidate, StringComparison.Ordinal);

        node.V2.Behaviour = FakeModelServer.Trickle([Delta("The sky ")], new SemaphoreSlim(int.MaxValue));
        long before = view.Shadow.Copies;
        view = await node.UntilAsync(r => r.Shadow!.Failures.Count > 0 && r.Shadow.Copies > before, ask: 2);
        Assert.Equal("the stream ended before its last event", view.Shadow!.Failures[0].Reason);
        differs = await node.DivergenceAsync();
        Assert.Contains(differs.Paths, p => p.Kind == "candidateFailed");

        // What is gathered is kept every five seconds.
        long counted = Stopwatch.GetTimestamp();
        before = view.Shadow.Copies;
        await node.UntilAsync(_ => Stopwatch.GetElapsedTime(counted) > TimeSpan.FromSeconds(6), ask: 1);
        await node.Node.KillAsync();
        await node.Node.StartAsync();
        RolloutView after = await NodeProcess.RolloutAsync(node.Admin, node.Rollout);
        Assert.True(after.Shadow!.Copies >= before, $"{after.Shadow.Copies} after {before}");
        Assert.True(after.Shadow.Latency!.Pairs > 0);
        (int code, string report, _) = await node.Node.CommandAsync("rollout", "report", node.Rollout);
        Assert.Equal(0, code);
        Assert.Contains("first byte p50", report, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_nondeterministic_stable_changes_by_itself_is_told_from_what_the_candidate_changes_by_path()
    {
        await using ShadowNode node = await ShadowNode.StartAsync("json");
        node.V1.Behaviour = Model(price: 100, seed: 1);
        node.V2.Behaviour = Model(price: 200, seed: 2);
        await node.WatchAsync("{ share: 100%, pairs: 100000, redraw: 60% }");
        RolloutView view = await node.UntilAsync(r => r.Shadow!.Noise is { Triples: >= 100, Differing: > 0 }, ask: 5);
        NoiseView noise = view.Shadow!.Noise!;
        NoisyPathView price = noise.Paths.Single(p => p.Path == "/price");
        NoisyPathView mood = noise.Paths.Single(p => p.Path == "/mood");
        Assert.Equal((true, 100.0, 0.0), (price.BeyondNoise, price.CandidatePercent, price.NoisePercent));
        Assert.False(mood.BeyondNoise, $"{mood}");
        Assert.InRange(mood.NoisePercent, 30, 70);
        Assert.InRange(mood.CandidatePercent, 30, 70);
        Assert.DoesNotContain(noise.Paths, p => p.Path == "/kept");
        Assert.True(view.Shadow.Redraws >= noise.Triples, $"{view.Shadow.Redraws} redraws, {noise.Triples} triples");
        Assert.True(view.Shadow.RedrawCost.BytesRead > 0);

        (int code, string report, _) = await node.Node.CommandAsync("rollout", "report", node.Rollout);
        Assert.Equal(0, code);
        string told = report.Split('\n').Single(l => l.StartsWith("| /mood", StringComparison.Ordinal));
        Assert.EndsWith("| no |", told.Trim(), StringComparison.Ordinal);
        Assert.Contains("stable differs from itself", report, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Decisions_that_flip_at_a_threshold_roll_back_where_answers_that_only_differ_do_not()
    {
        await using ShadowNode node = await ShadowNode.StartAsync("json");
        node.V1.Behaviour = Model(price: 79, seed: 1);
        node.V2.Behaviour = Model(price: 40, seed: 2);
        await node.WatchAsync(
            "{ share: 100%, pairs: 100000, redraw: 60% }",
            "{ name: flips, worseBy: 1% }",
            "{ path: /price, threshold: 80, harm: up }"
        );
        RolloutView view = await node.UntilAsync(r => r.Shadow!.Noise is { Triples: >= 100, Differing: > 0 }, ask: 5);
        Assert.Equal(("running", "shadow"), (view.State, view.Phase));

        // One in two answers of the candidate now stops what stable lets pass.
        node.V2.Behaviour = Model(price: 79, seed: 3, other: 81);
        view = await node.UntilAsync(r => r.State == "rolledBack", ask: 5);
        Assert.Contains(view.Reasons, r => r.Contains("v2 is sick in flips", StringComparison.Ordinal));
        GateView flips = view.Gates.Single(g => g.Name == "flips");
        Assert.True(flips.LogEvidence >= flips.Threshold, $"{flips}");
        (int code, string report, _) = await node.Node.CommandAsync("rollout", "report", node.Rollout);
        Assert.Equal(0, code);
        Assert.Contains("flips", report, StringComparison.Ordinal);
    }

    private static Func<HttpContext, FakeModelRequest, Task> Chat(params string[] words) =>
        FakeModelServer.Trickle([.. words.Select(Delta), Done], new SemaphoreSlim(int.MaxValue));

    private static string Delta(string text) =>
        $$$"""data: {"id":"1","choices":[{"index":0,"delta":{"content":"{{{text}}}"}}]}""" + "\n\n";

    private static Func<HttpContext, FakeModelRequest, Task> Model(int price, int seed, int? other = null)
    {
        var random = new Random(seed);
        var gate = new Lock();
        return async (context, _) =>
        {
            int mood;
            lock (gate)
            {
                mood = random.Next(2);
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(
                $$"""{"price":{{(mood == 0 ? price : other ?? price)}},"mood":{{mood}},"kept":"yes"}"""
            );
        };
    }
}
