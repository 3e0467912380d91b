using System.Globalization;
using Handover.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Handover.App.Cli.Commands;

/// <summary>
/// A rollout as a tree for a terminal: phases, the share as a bar, each gate with its evidence against its threshold.
/// </summary>
internal static class RolloutTree
{
    private const int BarWidth = 24;

    public static IRenderable Of(RolloutView view, DateTimeOffset now)
    {
        var tree = new Tree(
            new Markup(
                $"[bold]{Safe(view.Id)}[/]  {Safe(view.Service)}  {Safe(view.From)} → {Safe(view.To)}  "
                    + $"{Safe(view.Strategy)}  [{Colour(view.State)}]{Safe(view.State)}[/]  epoch {view.Epoch}"
            )
        );
        tree.AddNode(new Markup($"share   {Bar(view.Share / 100)} {GetCommand.Percent(view.Share)}"));
        foreach ((string segment, double share) in view.SegmentShares)
        {
            tree.AddNode(new Markup($"segment {Bar(share / 100)} {GetCommand.Percent(share)} of {Safe(segment)}"));
        }

        foreach (SegmentSeenView seen in view.Segments.Where(s => s.CandidateRequests + s.StableRequests > 0))
        {
            tree.AddNode(new Markup($"[grey]{Safe(SegmentWords.Line(seen))}[/]"));
        }

        TreeNode phases = tree.AddNode("phases");
        foreach (PhaseView phase in view.Phases)
        {
            phases.AddNode(new Markup(Phase(phase)));
        }

        if (view.Gates.Count > 0)
        {
            TreeNode gates = tree.AddNode("gates (evidence of harm against the threshold)");
            foreach (GateView gate in view.Gates)
            {
                gates.AddNode(new Markup(Gate(gate)));
            }
        }

        foreach (string reason in view.Reasons.Concat(view.Verdict?.Reasons ?? []).Distinct().Take(5))
        {
            tree.AddNode(new Markup($"[grey]{Safe(reason)}[/]"));
        }

        foreach (InterruptionView seen in view.Interruptions)
        {
            tree.AddNode(new Markup($"interruption: {Safe(seen.Text)}"));
        }

        if (view.Rollback is { } back)
        {
            tree.AddNode(new Markup($"[grey]rollback {Safe(back.Text)}[/]"));
        }

        tree.AddNode(new Markup(Times(view, now)));
        return tree;
    }

    private static string Phase(PhaseView phase) =>
        phase.Status switch
        {
            "done" => $"[green]✔[/] {Safe(phase.Text)}",
            "active" => $"[yellow]▶[/] [bold]{Safe(phase.Text)}[/]",
            "skipped" => $"[grey]– {Safe(phase.Text)}[/]",
            _ => $"[grey]· {Safe(phase.Text)}[/]",
        };

    private static string Gate(GateView gate)
    {
        double part = gate.Threshold > 0 ? gate.LogEvidence / gate.Threshold : 0;
        string colour = Colour(gate.Outcome);
        string ahead = gate.Forecast is null ? "" : $", {RolloutOutlook.Forecast(gate.Forecast)}";
        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"{gate.LogEvidence:0.00} of {gate.Threshold:0.00}, n {gate.N}"
        );
        return $"{Safe(gate.Name), -12} {Bar(part)} [{colour}]{Safe(gate.Outcome)}[/] {numbers}{ahead}  "
            + $"[grey]{Safe(gate.Detail)}[/]";
    }

    private static string Times(RolloutView view, DateTimeOffset now)
    {
        string ran = Durations.Text((view.EndedAt ?? now) - view.StartedAt);
        string forecast =
            view.EndedAt is not null ? "ended"
            : view.Forecast is { } end ? $"about {Durations.Text(end - now)} to go"
            : "no forecast yet";
        string decides = view.DecidedBy is { } metric ? $", {Safe(metric)} decides" : "";
        string cost = RolloutOutlook.Cost(view.Cost) is { } money ? $", costs {Safe(money)}" : "";
        return $"[grey]running for {ran}, {forecast}{decides}{cost}[/]";
    }

    private static string Bar(double part)
    {
        int full = (int)Math.Round(Math.Clamp(part, 0, 1) * BarWidth);
        return new string('█', full) + $"[grey]{new string('░', BarWidth - full)}[/]";
    }

    private static string Colour(string word) =>
        word switch
        {
            "succeeded" or "promote" or "running" => "green",
            "rolledBack" or "rollBack" or "refused" or "failed" => "red",
            _ => "yellow",
        };

    // Names and reasons come from files and models; they must neither style nor control the terminal.
    private static string Safe(string text) =>
        Markup.Escape(string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)));
}
