using System.Collections.Concurrent;
using System.Globalization;
using Diamonds.Load;
using Handover.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Diamonds.Demo;

/// <summary>A live picture of traffic, shares and gates below the lines.</summary>
public sealed class LiveBoard : Board
{
    private const double Window = 2;
    private const int BarWidth = 30;
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentQueue<string> pending = new();
    private volatile RolloutView? rollout;

    /// <inheritdoc/>
    public override void Show(RolloutView view)
    {
        rollout = view;
        base.Show(view);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(Timeline timeline, LoadSummary load, Func<Task> demo)
    {
        Task running = demo();
        await AnsiConsole
            .Live(Picture(timeline, load))
            .AutoClear(true)
            .StartAsync(async context =>
            {
                while (!running.IsCompleted)
                {
                    Flush();
                    context.UpdateTarget(Picture(timeline, load));
                    await Task.WhenAny(running, Task.Delay(Refresh));
                }
            });
        Flush();
        await running;
    }

    /// <inheritdoc/>
    protected override void Write(string line, bool title) =>
        pending.Enqueue(title ? $"[bold]{Markup.Escape(line)}[/]" : Markup.Escape(line));

    private void Flush()
    {
        while (pending.TryDequeue(out string? line))
        {
            AnsiConsole.MarkupLine(line);
        }
    }

    private Rows Picture(Timeline timeline, LoadSummary load)
    {
        var parts = new List<IRenderable> { Traffic(timeline), Gates(rollout) };
        long failed = load.Failed;
        string colour = failed == 0 ? "green" : "red";
        parts.Add(new Markup($"requests {load.Requests:N0}   [{colour}]failed {failed:N0}[/]"));
        return new Rows(parts);
    }

    private static Table Traffic(Timeline timeline)
    {
        ILookup<string, SliceAnswers> byRelease = timeline.Recent(Window).ToLookup(a => a.Release);
        int all = byRelease.Sum(r => r.Sum(a => a.LatenciesMs.Count));
        Table table = new Table().Border(TableBorder.Rounded).Title("answers of the last 2 s, as the client sees them");
        table.AddColumns("release", "share", "", "p50 ms", "p99 ms");
        foreach (IGrouping<string, SliceAnswers> release in byRelease.OrderBy(r => r.Key, StringComparer.Ordinal))
        {
            double[] latencies = [.. release.SelectMany(a => a.LatenciesMs).Order()];
            double share = all == 0 ? 0 : (double)latencies.Length / all;
            table.AddRow(
                new Markup($"[{Palette.Terminal(release.Key)}]{Markup.Escape(release.Key)}[/]"),
                new Text(share.ToString("P0", CultureInfo.InvariantCulture)),
                new Markup($"[{Palette.Terminal(release.Key)}]{Bar(share)}[/]"),
                new Text(Number(SliceAnswers.Quantile(latencies, 0.5))),
                new Text(Number(SliceAnswers.Quantile(latencies, 0.99)))
            );
        }

        return table;
    }

    private static Table Gates(RolloutView? view)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        table.Title(view is null ? "no rollout" : Markup.Escape($"{view.Id}: {view.State}, {view.Phase}"));
        table.AddColumns("gate", "says", "evidence of harm", "units", "");
        foreach (GateView gate in view?.Gates ?? [])
        {
            double part = gate.Threshold is > 0 and < 1e6 ? Math.Clamp(gate.LogEvidence / gate.Threshold, 0, 1) : 0;
            string colour = gate.Outcome == "rollBack" ? "red" : "green";
            table.AddRow(
                new Text(gate.Name),
                new Markup($"[{colour}]{Markup.Escape(gate.Outcome)}[/]"),
                new Markup($"[{colour}]{Bar(part)}[/]"),
                new Text(gate.N.ToString("N0", CultureInfo.InvariantCulture)),
                new Text(gate.Detail)
            );
        }

        return table;
    }

    private static string Bar(double part)
    {
        int full = (int)Math.Round(part * BarWidth);
        return new string('█', full) + new string('░', BarWidth - full);
    }

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
