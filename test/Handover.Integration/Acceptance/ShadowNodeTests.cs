using System.Globalization;
using System.Net;
using System.Text;
using Handover.App.Cli;
using Handover.Protocol;
using Handover.Testkit;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// What people are told of a watched release, by the real program: how much of what differs is stable's own noise, what
/// the copies cost, and where streamed texts differ; the counts outlive a kill.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class ShadowNodeTests
{
    private const int Requests = 150;

    [Fact(Timeout = 60_000)]
    public async Task The_report_tells_a_stable_models_own_noise_from_what_the_candidate_changed_by_path()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ShadowNode world = await ShadowNode.MakeAsync("json");
        world.V1.Behaviour = Sampling(new Random(11), price: 100);
        world.V2.Behaviour = Sampling(new Random(12), price: 130);
        await world.Node.StartAsync();
        using AdminClient admin = world.Node.Admin();
        string id = await world.WatchAsync(admin, redraw: "100%");
        for (int i = 0; i < Requests; i++)
        {
            using HttpResponseMessage answer = await world.AskAsync($$"""{"x":{{i}}}""", cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        RolloutView view = await ShadowNode.UntilAsync(
            admin,
            id,
            r => r.Shadow is { Copies: Requests, Redraws: Requests, Noise.Triples: Requests }
        );
        ShadowView shadow = view.Shadow!;
        NoisyPathView draw = shadow.Noise!.Paths.Single(p => p.Path == "/draw");
        NoisyPathView price = shadow.Noise.Paths.Single(p => p.Path == "/price");
        Assert.InRange(draw.NoisePercent, 35, 65);
        Assert.InRange(draw.CandidatePercent, 35, 65);
        Assert.False(draw.BeyondNoise, $"{draw}");
        Assert.Equal((100.0, 0.0, true), (price.CandidatePercent, price.NoisePercent, price.BeyondNoise));
        Assert.DoesNotContain(shadow.Noise.Paths, p => p.Path == "/kept");
        Assert.Equal(1, shadow.Noise.Differing);

        // What it cost is what the servers were asked, apart from what callers asked.
        FakeModelRequest[] copies = [.. world.V2.Log.Where(r => r.Method == "POST")];
        FakeModelRequest[] again =
        [
            .. world.V1.Log.Where(r => r.RequestId.EndsWith("-again", StringComparison.Ordinal)),
        ];
        Assert.Equal((Requests, Requests), (copies.Length, again.Length));
        Assert.Equal(copies.Sum(r => (long)r.Body.Length), shadow.Cost.BytesSent);
        Assert.Equal(again.Sum(r => (long)r.Body.Length), shadow.RedrawCost.BytesSent);
        Assert.True(shadow.Cost is { BytesRead: > 0, Seconds: > 0 }, $"{shadow.Cost}");

        (int code, string report, _) = await world.Node.CommandAsync("rollout", "report", id);
        Assert.Equal(0, code);
        string line = report.Split('\n').Single(l => l.Contains("| /draw", StringComparison.Ordinal));
        Assert.Contains($"| {Percent(draw.NoisePercent)}", line, StringComparison.Ordinal);
        Assert.EndsWith("| no |", line.TrimEnd(), StringComparison.Ordinal);
        line = report.Split('\n').Single(l => l.Contains("| /price", StringComparison.Ordinal));
        Assert.EndsWith("| yes |", line.TrimEnd(), StringComparison.Ordinal);

        // A kill loses at most what was counted since the last checkpoint, and begins nothing from nought.
        await UntilKeptAsync(world.Node, id);
        await world.Node.KillAsync();
        await world.Node.StartAsync();
        ShadowView after = (await ShadowNode.UntilAsync(admin, id, r => r.Shadow?.WantedPercent == 100)).Shadow!;
        Assert.Equal((Requests, Requests), (after.Copies, after.Redraws));
        Assert.Equal(shadow.Cost.BytesSent, after.Cost.BytesSent);
        Assert.Equal(Requests, after.Noise!.Triples);
    }

    [Fact(Timeout = 60_000)]
    public async Task Streamed_texts_that_differ_show_where_and_the_callers_stream_is_not_held_up()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await using ShadowNode world = await ShadowNode.MakeAsync("openai");
        using var go = new SemaphoreSlim(0);
        world.V1.Behaviour = Chat(["The price ", "is 462 ", "dollars."], go);
        using var open = new SemaphoreSlim(1000);
        world.V2.Behaviour = Chat(["The price is 323 dol", "lars."], open);
        await world.Node.StartAsync();
        using AdminClient admin = world.Node.Admin();
        string id = await world.WatchAsync(admin, redraw: "0%");
        for (int i = 0; i < 5; i++)
        {
            go.Release();
            using HttpResponseMessage answer = await world.AskAsync("""{"stream":true,"messages":[]}""", cancel);
            await using Stream stream = await answer.Content.ReadAsStreamAsync(cancel);
            byte[] buffer = new byte[4096];

            // The member writes its next word only when the caller has the one before.
            string text = "";
            foreach (string word in (string[])["The price ", "is 462 ", "dollars."])
            {
                while (!text.Contains(word, StringComparison.Ordinal))
                {
                    int read = await stream.ReadAsync(buffer, cancel);
                    Assert.True(read > 0, $"the stream ended before '{word}': {text}");
                    text += Encoding.UTF8.GetString(buffer, 0, read);
                }

                go.Release();
            }

            await stream.CopyToAsync(Stream.Null, cancel);
        }

        await ShadowNode.UntilAsync(admin, id, r => r.Shadow is { Copies: 5, Failed: 0, TimedOut: 0 });
        DivergenceView seen = await DivergenceAsync(admin, id, 5);
        Assert.Equal((5, 5, 0), (seen.Pairs, seen.Differing, seen.Unpaired));
        DivergentPathView place = Assert.Single(seen.Paths);
        Assert.Equal(("content", "value", 5), (place.Path, place.Kind, place.Pairs));

        // The same text in other pieces is no difference.
        world.V2.Behaviour = Chat(["The pr", "ice is 462 dollars", "."], open);
        go.Release(4);
        using HttpResponseMessage same = await world.AskAsync("""{"stream":true,"messages":[]}""", cancel);
        await same.Content.ReadAsByteArrayAsync(cancel);
        seen = await DivergenceAsync(admin, id, 6);
        Assert.Equal((6, 5), (seen.Pairs, seen.Differing));
    }

    // What was counted goes to disk every few seconds; before it a kill takes it along.
    private static async Task UntilKeptAsync(NodeProcess node, string id)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        string file = Path.Combine(node.State, "state.db");
        await using var store = new SqliteConnection($"Data Source={file};Mode=ReadOnly");
        await store.OpenAsync(cancel);
        string kept = "";
        for (int i = 0; i < 200 && !kept.Contains($"\"made\":{Requests}", StringComparison.Ordinal); i++)
        {
            await Task.Delay(50, cancel);
            await using SqliteCommand command = store.CreateCommand();
            command.CommandText = "SELECT body FROM rollout_evidence WHERE rollout = $rollout";
            command.Parameters.AddWithValue("$rollout", id);
            kept = (string?)await command.ExecuteScalarAsync(cancel) ?? "";
        }

        Assert.Contains($"\"made\":{Requests}", kept, StringComparison.Ordinal);
    }

    // The journal is written behind.
    private static async Task<DivergenceView> DivergenceAsync(AdminClient admin, string id, int pairs)
    {
        DivergenceView? view = null;
        for (int i = 0; i < 200 && view?.Pairs != pairs; i++)
        {
            await Task.Delay(25, TestContext.Current.CancellationToken);
            view = await admin.GetAsync(
                $"/api/v1/rollouts/{id}/divergence",
                ProtocolJson.Default.DivergenceView,
                TestContext.Current.CancellationToken
            );
        }

        return view!;
    }

    private static string Percent(double percent) => percent.ToString("0.##", CultureInfo.InvariantCulture) + "%";

    private static Func<HttpContext, FakeModelRequest, Task> Sampling(Random random, int price) =>
        async (context, _) =>
        {
            int draw;
            lock (random)
            {
                draw = random.Next(2);
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"price":{{price}},"draw":{{draw}},"kept":"yes"}""");
        };

    private static Func<HttpContext, FakeModelRequest, Task> Chat(string[] words, SemaphoreSlim go) =>
        async (context, request) =>
        {
            if (request.Method != "POST")
            {
                return;
            }

            string[] events =
            [
                .. words.Select(w => $$$"""data: {"choices":[{"index":0,"delta":{"content":"{{{w}}}"}}]}""" + "\n\n"),
                "data: [DONE]\n\n",
            ];
            await FakeModelServer.Trickle(events, go)(context, request);
        };
}
