using Diamonds.Load;
using Handover.Protocol;

namespace Diamonds.Demo;

/// <summary>
/// Where the demo tells what happens. Lines stay; on a terminal a live picture stands below them.
/// </summary>
public abstract class Board
{
    private readonly List<string> lines = [];
    private string last = "";

    /// <summary>Everything that was said, for the report.</summary>
    public IReadOnlyList<string> Lines => lines;

    /// <summary>A story begins.</summary>
    public void Story(string title)
    {
        lines.Add("");
        Write("", false);
        Write($"== {title}", true);
        lines.Add($"== {title}");
    }

    /// <summary>One line.</summary>
    public void Say(string text)
    {
        lines.Add(text);
        Write($"   {text}", false);
    }

    /// <summary>A rollout as it is now.</summary>
    public virtual void Show(RolloutView view)
    {
        string phase = view.PhaseIndex < view.Phases.Count ? view.Phases[view.PhaseIndex].Text : view.Phase;
        string segments = string.Concat(view.SegmentShares.Select(s => $", {s.Key} {s.Value:0.##}%"));
        string now = $"{view.Id}: {view.State}, {phase}; {view.To} serves {view.Share:0.##}%{segments}";
        if (now != last)
        {
            last = now;
            Say(now);
        }
    }

    /// <summary>Runs the demo under this board.</summary>
    public abstract Task RunAsync(Timeline timeline, LoadSummary load, Func<Task> demo);

    /// <summary>Writes one line.</summary>
    protected abstract void Write(string line, bool title);

    /// <summary>The board for this output.</summary>
    public static Board ForConsole() => Console.IsOutputRedirected ? new PlainBoard() : new LiveBoard();
}
