using System.Diagnostics;
using System.Globalization;
using Diamonds.Load;
using Handover.App.Cli;
using Handover.Integration.Runtimes;
using Handover.Protocol;
using Xunit;

namespace Handover.Integration.Acceptance;

/// <summary>
/// The same weights under another name: where there is nothing to find a rollout must end, and when it said it would.
/// The same set-up records the traffic that <c>./do bench rollouts</c> draws from.
/// </summary>
[Collection(AcceptanceCollection.Name)]
public sealed class SameModelTests
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(RuntimeWorld.Models, "../../.."));

    [Fact(Explicit = true)]
    public async Task A_rollout_of_the_same_model_ends_within_its_forecast()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        using var stop = new CancellationTokenSource();
        LoadRun load = Load(node, rps: 150, log: null);
        Task loading = load.RunAsync(stop.Token);
        await RuntimeWorld.UntilAsync("stable has 1,000 labelled answers", () => load.Summary.Requests > 1400);
        using AdminClient admin = node.Admin();
        string plan = File.ReadAllText(Path.Combine(Repository, "samples/diamonds/rollouts/a-a.yaml"));
        RolloutView view = await node.StartRolloutAsync(admin, plan);
        Assert.NotNull(view.Forecast);
        TimeSpan forecast = view.Forecast.Value - view.StartedAt;
        view = await EndedAsync(admin, view.Id);
        await stop.CancelAsync();
        await loading;
        TimeSpan took = view.EndedAt!.Value - view.StartedAt;
        string told = $"{view.State} after {took.TotalSeconds:0.0} s, forecast {forecast.TotalSeconds:0.0} s";
        using var report = new AcceptanceReport("same");
        foreach (RolloutEventView e in view.Events)
        {
            report.Say($"  {e.At:HH:mm:ss.f} {e.Text}");
        }

        report.Say($"same model: {told}, {load.Summary.Requests} requests, {load.Summary.Failed} failed");
        Assert.True(view.State == "succeeded", told + ": " + string.Join("; ", view.Reasons));
        Assert.True(took <= 1.2 * forecast, told);
        Assert.Equal(0, load.Summary.Failed);
    }

    /// <summary>Writes testdata/recorded/diamonds.csv anew; see the page beside it.</summary>
    [Fact(Explicit = true)]
    public async Task Record_traffic()
    {
        await using var node = new NodeProcess();
        await node.StartAsync();
        using var stop = new CancellationTokenSource();
        string log = Path.Combine(node.Dir, "client.ndjson");
        Task loading = Load(node, rps: 100, log).RunAsync(stop.Token);
        using AdminClient admin = node.Admin();
        string plan = AcceptancePlans.Plan(
            "record",
            "v2-flaky",
            "parallel",
            "- verify: {}",
            "- start: { timeout: 30s }",
            "- warm: { requests: 200, until: converged }",
            "- shift: { share: 50%, for: 5m }",
            "- shift: { share: 100%, for: 5m }",
            "- bake: { for: 5m }",
            "- retire: { keep: 10m }"
        );
        await node.StartRolloutAsync(admin, plan);
        await Task.Delay(TimeSpan.FromSeconds(50));
        await stop.CancelAsync();
        await loading;
        await Task.Delay(TimeSpan.FromSeconds(2));
        IReadOnlyList<JournalEntryView> journal = await admin.ListAsync(
            $"/api/v1/services/{NodeProcess.Service}/journal",
            ProtocolJson.Default.PageJournalEntryView,
            CancellationToken.None
        );
        await File.WriteAllLinesAsync(
            Path.Combine(Repository, "testdata/recorded/diamonds.csv"),
            Recorded(journal, RecordedAnswers(log))
        );
    }

    private static IEnumerable<string> Recorded(
        IReadOnlyList<JournalEntryView> journal,
        Dictionary<string, (double Price, double Truth)> answers
    )
    {
        yield return "release,entity,latency_ms,price,truth";
        foreach (IGrouping<string, JournalEntryView> release in journal.GroupBy(e => e.Release).OrderBy(g => g.Key))
        {
            // The first seconds are the start of a program on a cold machine, not its traffic.
            var live = release.Where(e => e is { Purpose: "live", Outcome: "ok" } && answers.ContainsKey(e.RequestId));
            foreach (JournalEntryView e in live.OrderBy(e => e.At).Skip(200).Take(2000))
            {
                (double price, double truth) = answers[e.RequestId];
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{e.Release},{e.Entity},{e.LatencyMs:0.000},{price:0.00},{truth:0}"
                );
            }
        }
    }

    private static Dictionary<string, (double Price, double Truth)> RecordedAnswers(string log)
    {
        var answers = new Dictionary<string, (double, double)>();
        foreach (string line in File.ReadLines(log))
        {
            using var json = System.Text.Json.JsonDocument.Parse(line);
            System.Text.Json.JsonElement record = json.RootElement;
            if (record.GetProperty("outcome").GetString() == "ok")
            {
                answers[record.GetProperty("requestId").GetString()!] = (
                    record.GetProperty("price").GetDouble(),
                    record.GetProperty("truth").GetDouble()
                );
            }
        }

        return answers;
    }

    private static LoadRun Load(NodeProcess node, double rps, string? log) =>
        new(
            new LoadOptions
            {
                Url = node.Infer,
                Rps = rps,
                Customers = 1000,
                Duration = TimeSpan.FromHours(1),
                Seed = 5,
                Log = log,
                LabelsUrl = node.Labels,
                Token = node.Token,
            }
        );

    private static async Task<RolloutView> EndedAsync(AdminClient admin, string id)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            RolloutView view = await NodeProcess.RolloutAsync(admin, id);
            if (view.EndedAt is not null || watch.Elapsed > TimeSpan.FromSeconds(60))
            {
                return view;
            }

            await Task.Delay(100);
        }
    }
}
