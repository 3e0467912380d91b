using Diamonds.Load;

namespace Diamonds.Demo;

/// <summary>One run of the demo from an empty directory to the last line.</summary>
public sealed class DemoRun(DemoOptions options)
{
    private const int EvidenceNeeded = 1000;
    private static readonly TimeSpan EvidenceLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LoadLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LabelDelay = TimeSpan.FromSeconds(1);
    private readonly Board board = Board.ForConsole();

    /// <summary>Runs everything; 0 when all went as it must.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        Workspace.Make(options);
        await using NodeProcess node = await NodeProcess.StartAsync(options, stop);
        using var client = new NodeClient(node.Admin, node.Token);
        var timeline = new Timeline(TimeProvider.System);
        var load = new LoadRun(LoadOf(node)) { Observed = timeline.Observe };
        var stage = new Stage(client, timeline, board, options);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task traffic = load.RunAsync(enough.Token);
        try
        {
            await board.RunAsync(timeline, load.Summary, () => PlayAsync(stage, load, node, stop));
        }
        finally
        {
            await enough.CancelAsync();
            await traffic;
        }

        string rollouts = Path.Combine(options.Output, "rollouts.json");
        await File.WriteAllTextAsync(rollouts, await client.RolloutsAsync(stop), stop);
        await node.DisposeAsync();
        Judgement judged = await JudgeProcess.RunAsync(options, node.ModelLogs, rollouts, stop);
        var report = new Report(options, stage, timeline, load, judged, board.Lines);
        await report.WriteAsync(stop);
        return End(stage, judged);
    }

    private LoadOptions LoadOf(NodeProcess node) =>
        new()
        {
            Url = new Uri(node.Data, $"v2/models/{NodeClient.Service}/infer"),
            Rps = options.Rps,
            Duration = LoadLimit,
            Customers = options.Customers,
            LabelsUrl = new Uri(node.Admin, $"api/v1/services/{NodeClient.Service}/labels"),
            LabelDelay = LabelDelay,
            Token = node.Token,
            Log = options.ClientLog,
        };

    private async Task PlayAsync(Stage stage, LoadRun load, NodeProcess node, CancellationToken stop)
    {
        board.Story($"{options.Customers:N0} customers, {options.Rps:0} requests per second, all on v1");
        board.Say($"gateway {node.Data}, API {node.Admin}, logs {options.Output}");
        await GatherAsync(load, stop);
        var stories = new Stories(stage);
        if (options.Sabotage)
        {
            board.Say("sabotage: the gateway ignores stickiness and pins");
            await stories.ParallelAsync(takeBack: false, stop);
            return;
        }

        await stories.ParallelAsync(takeBack: true, stop);
        await stories.SettleAsync(stop);
        await stories.BadReleasesAsync(stop);
        await stories.CutoverAsync(stop);
        await stories.SettleAsync(stop);
        await stories.FlagAsync(stop);
    }

    /// <summary>Thresholds of the gates come from what stable did; a rollout before that could only hold.</summary>
    private async Task GatherAsync(LoadRun load, CancellationToken stop)
    {
        long begun = TimeProvider.System.GetTimestamp();
        while (load.Summary.Requests - load.Summary.Failed < EvidenceNeeded + (options.Rps * 2))
        {
            if (TimeProvider.System.GetElapsedTime(begun) > EvidenceLimit)
            {
                throw new DemoFailure(
                    $"waited {EvidenceLimit.TotalSeconds:0} s for {EvidenceNeeded} answers of v1 with labels and got "
                        + $"{load.Summary.Requests} answers, {load.Summary.Failed} failed; see {options.NodeLog}"
                );
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
        }

        board.Say($"{load.Summary.Requests:N0} answers of v1 and their labels: enough to judge a candidate against");
    }

    private int End(Stage stage, Judgement judged)
    {
        foreach (string example in judged.Examples.Take(5))
        {
            Console.WriteLine($"   judge: {example}");
        }

        foreach (StoryOutcome outcome in stage.Outcomes.Where(o => !o.Ok))
        {
            Console.WriteLine($"   not ok: {outcome.Name}: {outcome.Problem ?? outcome.Rollout?.State}");
        }

        if (judged.Unreconciled > 0)
        {
            Console.WriteLine($"   {judged.Unreconciled} answers that no model server knows of");
        }

        Console.WriteLine($"   report: {Path.Combine(options.Output, "report.html")}");
        bool parallel = stage.AllOk("parallel");
        bool others = options.Sabotage || stage.AllOk("cutover", "flag");
        bool back =
            options.Sabotage
            || stage.AllOk("parallel taken back", "cutover taken back", "flaky", "swapped", "cents", "cents-lying");
        Console.WriteLine(
            $"demo: parallel {Word(parallel)}, cutover {Word(stage.AllOk("cutover"), options.Sabotage)}, "
                + $"flag {Word(stage.AllOk("flag"), options.Sabotage)}, rollback {Word(back, options.Sabotage)}, "
                + $"requests {judged.Requests}, failed {judged.Failed}, mixed {judged.Mixed}"
        );
        return parallel && others && back && judged.Clean && stage.Outcomes.All(o => o.Ok) ? 0 : 1;
    }

    private static string Word(bool ok, bool skipped = false) =>
        skipped ? "skipped"
        : ok ? "ok"
        : "NOT OK";
}
