using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>What stories are made of: run a rollout to its end, take the service back, explain a customer.</summary>
public sealed partial class Stage(NodeClient client, Timeline timeline, Board board, DemoOptions options)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RollbackLimit = TimeSpan.FromSeconds(15);
    private readonly List<StoryOutcome> outcomes = [];
    private readonly List<Rollback> rollbacks = [];
    private readonly List<(string Story, string When, ExplainView View)> explanations = [];

    /// <summary>How the stories ended so far.</summary>
    public IReadOnlyList<StoryOutcome> Outcomes => outcomes;

    /// <summary>Rollbacks by a person, in order.</summary>
    public IReadOnlyList<Rollback> Rollbacks => rollbacks;

    /// <summary>What <c>explain</c> said about the customer, in order.</summary>
    public IReadOnlyList<(string Story, string When, ExplainView View)> Explanations => explanations;

    /// <summary>Whether all stories whose name begins so ended as they must, and there was one.</summary>
    public bool AllOk(params string[] names) =>
        names.All(name => outcomes.Any(o => o.Name == name) && outcomes.Where(o => o.Name == name).All(o => o.Ok));

    /// <summary>Says something.</summary>
    public void Say(string text) => board.Say(text);

    /// <summary>Opens a story.</summary>
    public void Open(string mark, string title)
    {
        board.Story(title);
        timeline.Mark(mark);
        timeline.ForgetPaths();
    }

    /// <summary>
    /// Runs a story's rollout to its end and notes whether it ended as it must. Whatever goes wrong is the story's, not
    /// the demo's: the next one still runs.
    /// </summary>
    public async Task<RolloutView?> PlayAsync(
        string story,
        string expected,
        TimeSpan limit,
        Func<RolloutView, Task>? during,
        CancellationToken stop
    )
    {
        RolloutView? view = null;
        string? problem = null;
        try
        {
            view = await client.StartAsync(options.Rollout(story), stop);
            long started = Stopwatch.GetTimestamp();
            while (IsOpen(view) && problem is null)
            {
                board.Show(view);
                timeline.Observe(view);
                await (during?.Invoke(view) ?? Task.CompletedTask);
                await Task.Delay(Poll, stop);
                view = await client.RolloutAsync(view.Id, stop);
                if (Stopwatch.GetElapsedTime(started) > limit)
                {
                    problem =
                        $"{view.Id} was still {view.State} in phase {view.Phase} after {limit.TotalSeconds:0} s; "
                        + $"waited for {expected}. The node's log: {options.NodeLog}";
                }
            }

            board.Show(view);
            timeline.Observe(view);
        }
        catch (Exception e) when (e is DemoFailure or HttpRequestException)
        {
            problem = e.Message;
        }

        var outcome = new StoryOutcome(story, expected, view, problem);
        outcomes.Add(outcome);
        board.Say(outcome.Ok ? $"{story}: {view!.State}, as it must" : $"{story}: NOT OK: {problem ?? Unlike(view!)}");
        return view;

        string Unlike(RolloutView v) => $"{v.State} instead of {expected}: {string.Join("; ", v.Reasons)}";
    }

    /// <summary>Takes the service back from a release by one action, and measures it.</summary>
    public async Task RollbackAsync(string story, string from, CancellationToken stop)
    {
        string name = $"{story} taken back";
        try
        {
            if ((await client.ServiceAsync(stop)).Stable is var stable && stable != from)
            {
                outcomes.Add(new StoryOutcome(name, "succeeded", null, $"{stable} was stable, not {from}"));
                return;
            }

            (RolloutView view, Rollback measured) = await TakeBackAsync(from, stop);
            string? problem = IsOpen(view)
                ? $"{view.Id} was still {view.State} after {RollbackLimit.TotalSeconds:0} s; see {options.NodeLog}"
                : null;
            outcomes.Add(new StoryOutcome(name, "succeeded", view, problem));
            rollbacks.Add(measured);
            board.Say(
                problem
                    ?? $"handover rollback: {from} -> {view.To}, done in {Ms(measured.Command)}; the last answer of "
                        + $"{from} came {Ms(measured.LastAnswer)} after the command was sent"
            );
        }
        catch (Exception e) when (e is DemoFailure or HttpRequestException)
        {
            outcomes.Add(new StoryOutcome(name, "succeeded", null, e.Message));
        }
    }

    private async Task<(RolloutView View, Rollback Measured)> TakeBackAsync(string from, CancellationToken stop)
    {
        DateTimeOffset begun = TimeProvider.System.GetUtcNow();
        long timestamp = Stopwatch.GetTimestamp();
        RolloutView view = await client.RollbackAsync(stop);
        TimeSpan command = Stopwatch.GetElapsedTime(timestamp);
        while (IsOpen(view) && Stopwatch.GetElapsedTime(timestamp) < RollbackLimit)
        {
            await Task.Delay(Poll, stop);
            view = await client.RolloutAsync(view.Id, stop);
        }

        // Answers that were on their way when the last move committed are the candidate's last ones.
        await Task.Delay(Timeline.Slice, stop);
        return (view, new Rollback(from, command, (timeline.LastAnswer(from) ?? begun) - begun));
    }

    /// <summary>Leaves the service on a release, whatever a story left behind.</summary>
    public async Task SettleAsync(string release, CancellationToken stop)
    {
        ServiceView service = await client.ServiceAsync(stop);
        if (service.Rollout is not null || service.Stable != release)
        {
            RolloutView view = await client.RollbackAsync(stop);
            long begun = Stopwatch.GetTimestamp();
            while (IsOpen(view) && Stopwatch.GetElapsedTime(begun) < RollbackLimit)
            {
                await Task.Delay(Poll, stop);
                view = await client.RolloutAsync(view.Id, stop);
            }
        }
    }

    /// <summary>Says which release a customer gets and why.</summary>
    public async Task<ExplainView> ExplainAsync(string story, string when, string customer, CancellationToken stop)
    {
        ExplainView view = await client.ExplainAsync(customer, "public", stop);
        explanations.Add((story, when, view));
        board.Say($"explain {customer}, {when}: {view.Release}, because {view.Rule} (epoch {view.Epoch})");
        return view;
    }

    /// <summary>How customers moved in this story, as the client saw it.</summary>
    public void SayPaths()
    {
        (int customers, int moved, int again) = timeline.Paths();
        board.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"of {customers:N0} customers seen, {moved:N0} met both releases; {again:N0} changed more than once"
            )
        );
    }

    /// <summary>The holds of a rollout's moves, as the node measured them.</summary>
    public static IReadOnlyList<(string Text, double HeldMs)> Holds(RolloutView view) =>
        [
            .. view
                .Events.Where(e => e.Kind == "moved")
                .Select(e => (e.Text, Match: Held().Match(e.Text)))
                .Where(e => e.Match.Success)
                .Select(e => (e.Text, double.Parse(e.Match.Groups[1].Value, CultureInfo.InvariantCulture))),
        ];

    /// <summary>Milliseconds for people.</summary>
    public static string Ms(TimeSpan time) =>
        time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms";

    private static bool IsOpen(RolloutView view) => view.State is "pending" or "running" or "holding" or "paused";

    [GeneratedRegex(@"held for ([0-9.]+) ms")]
    private static partial Regex Held();
}
