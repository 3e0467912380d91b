using System.CommandLine;
using Handover.Protocol;
using Spectre.Console;

namespace Handover.App.Cli.Commands;

/// <summary>
/// <c>rollout watch</c>: a live tree on a terminal; elsewhere a line for each thing that changed. Ends with the
/// rollout.
/// </summary>
internal static class RolloutWatch
{
    public static Command Build(CliRunner run)
    {
        var id = new Argument<string>("ID");
        return run.Handle(
            new Command("watch", "Follow a rollout live") { id },
            session =>
                session.Interactive && session.Output.Format == OutputFormat.Table
                    ? LiveAsync(session, session.Parse.GetValue(id)!)
                    : LinesAsync(session, session.Parse.GetValue(id)!)
        );
    }

    private static async Task<int> LiveAsync(CliSession session, string id)
    {
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(session.Host.Out),
                ColorSystem = session.Colour ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            }
        );
        RolloutView? end = null;
        await console
            .Live(new Text("…"))
            .StartAsync(async live =>
            {
                end = await RolloutWait.EndAsync(
                    session,
                    id,
                    view => live.UpdateTarget(RolloutTree.Of(view, session.Host.Clock.GetUtcNow())),
                    session.Cancel
                );
            });
        return ExitCodes.Of(end!);
    }

    private static async Task<int> LinesAsync(CliSession session, string id)
    {
        string shown = "";
        RolloutView end = await RolloutWait.EndAsync(
            session,
            id,
            view =>
            {
                string line = Line(view);
                if (line != shown)
                {
                    shown = line;
                    session.Host.Out.WriteLine(line);
                    session.Host.Out.Flush();
                }
            },
            session.Cancel,
            e => session.Host.Out.WriteLine($"{e.At:HH:mm:ss} {e.Text}{(e.Actor == "engine" ? "" : $" ({e.Actor})")}")
        );
        return ExitCodes.Of(end);
    }

    private static string Line(RolloutView view)
    {
        string verdict = view.Verdict is { } v ? $", {v.Outcome}" : "";
        string reasons = view.Reasons.Count > 0 ? $" — {view.Reasons[0]}" : "";
        string shares = RolloutCommand.Shares(view);
        return $"{view.Id} {view.State} {view.Phase} share {shares} epoch {view.Epoch}{verdict}{reasons}";
    }
}
