using System.Globalization;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary>
/// A rollout's report as Markdown: what an approver reads, and what is pasted into the incident afterwards. Names and
/// reasons come from others, so nothing in them may end a cell, a line or begin markup.
/// </summary>
public static class RolloutMarkdown
{
    /// <summary>Writes the report.</summary>
    public static void Write(TextWriter output, RolloutReportView report)
    {
        RolloutView rollout = report.Rollout;
        output.WriteLine($"# Rollout {Cell(rollout.Id)}: {Cell(rollout.From)} to {Cell(rollout.To)}");
        output.WriteLine();
        foreach (string line in report.Summary)
        {
            output.WriteLine($"- {Cell(line)}");
        }

        output.WriteLine();
        Facts(output, report);
        Phases(output, rollout);
        Gates(output, rollout);
        Losses(output, rollout.Losses);
        Broken(output, rollout.BrokenContracts);
        ShadowReport.Write(output, rollout.Shadow, Table);
        WarmUp(output, rollout);
        Skew(output, rollout);
        Routing(output, report.Epochs);
        Events(output, rollout.Events);
    }

    private static void Facts(TextWriter output, RolloutReportView report)
    {
        RolloutView rollout = report.Rollout;
        string ended = rollout.EndedAt?.ToString("u", CultureInfo.InvariantCulture) ?? "still open";
        Table(
            output,
            ["", ""],
            [
                ["service", rollout.Service],
                ["strategy", rollout.Strategy],
                ["state", rollout.State],
                ["share", RolloutCommand.Shares(rollout)],
                ["started", FormattableString.Invariant($"{rollout.StartedAt:u} by {rollout.StartedBy}")],
                ["approved by", rollout.ApprovedBy ?? "nobody"],
                ["ended", ended],
                ["duration", Durations.Text(TimeSpan.FromSeconds(report.DurationSeconds))],
                ["cost beyond stable", RolloutOutlook.Cost(rollout.Cost) ?? "not declared"],
                ["verdict", rollout.Verdict is { } v ? $"{v.Outcome}: {string.Join("; ", v.Reasons)}" : "none"],
                ["sick release", rollout.Verdict?.SickRelease ?? "none"],
            ]
        );
    }

    private static void Phases(TextWriter output, RolloutView rollout)
    {
        output.WriteLine("## Phases");
        output.WriteLine();
        Table(
            output,
            ["#", "phase", "status"],
            rollout.Phases.Select((p, i) => new[] { $"{i + 1}", p.Text, p.Status })
        );
    }

    private static void Gates(TextWriter output, RolloutView rollout)
    {
        if (rollout.Gates.Count == 0)
        {
            return;
        }

        output.WriteLine("## Gates");
        output.WriteLine();
        output.WriteLine("Evidence of harm is the logarithm of an e-value; harm is called at the threshold.");
        output.WriteLine();
        Table(
            output,
            ["gate", "outcome", "evidence", "threshold", "candidate requests", "detail"],
            rollout.Gates.Select(g =>
                new[]
                {
                    g.Name,
                    g.Outcome,
                    g.Threshold < 1e300 ? g.LogEvidence.ToString("0.00", CultureInfo.InvariantCulture) : "-",
                    g.Threshold < 1e300 ? g.Threshold.ToString("0.00", CultureInfo.InvariantCulture) : "-",
                    g.N.ToString(CultureInfo.InvariantCulture),
                    g.Detail,
                }
            )
        );
    }

    private static void Losses(TextWriter output, IReadOnlyList<LossView> losses)
    {
        if (losses.Count == 0)
        {
            return;
        }

        output.WriteLine("## Labels");
        output.WriteLine();
        output.WriteLine("How right each release was on requests made while the rollout ran, late labels included.");
        output.WriteLine();
        Table(
            output,
            [.. RolloutOutlook.LossColumns.Select(c => c.Head)],
            losses.Select(l => RolloutOutlook.LossColumns.Select(c => c.Cell(l)).ToArray())
        );
    }

    private static void Broken(TextWriter output, IReadOnlyList<BrokenContractView> broken)
    {
        if (broken.Count == 0)
        {
            return;
        }

        output.WriteLine("## Broken contracts");
        output.WriteLine();
        Table(
            output,
            ["at", "release", "purpose", "request", "what", "answer (redacted as the journal is)"],
            broken.Select(b =>
                new[]
                {
                    b.At.ToString("u", CultureInfo.InvariantCulture),
                    b.Release,
                    b.Purpose,
                    b.RequestId,
                    b.Detail,
                    b.Document?.GetRawText() ?? "not kept",
                }
            )
        );
    }

    private static void WarmUp(TextWriter output, RolloutView rollout)
    {
        if (rollout.WarmCurve.Count == 0)
        {
            return;
        }

        output.WriteLine("## Warm-up");
        output.WriteLine();
        output.WriteLine("```");
        LatencyPlot.Write(output, [.. rollout.WarmCurve.Select(w => (w.LatencyMsP95, w.StableLatencyMsP95))]);
        output.WriteLine("```");
        output.WriteLine();
    }

    private static void Skew(TextWriter output, RolloutView rollout)
    {
        if (rollout.Skew is null)
        {
            return;
        }

        output.WriteLine("## Training and serving");
        output.WriteLine();
        foreach (string line in RolloutOutlook.Skew(rollout.Skew))
        {
            output.WriteLine(line.StartsWith(' ') ? $"-{line[1..]}" : line);
        }

        output.WriteLine();
    }

    private static void Routing(TextWriter output, IReadOnlyList<EpochView> epochs)
    {
        output.WriteLine("## Routing");
        output.WriteLine();
        Table(
            output,
            ["epoch", "at", "action", "stable", "candidate", "share"],
            epochs.Select(e =>
                new[]
                {
                    e.Epoch.ToString(CultureInfo.InvariantCulture),
                    e.At.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
                    e.Action,
                    e.Stable,
                    e.Candidate ?? "-",
                    GetCommand.Percent(e.Share),
                }
            )
        );
    }

    private static void Events(TextWriter output, IReadOnlyList<RolloutEventView> events)
    {
        output.WriteLine("## What happened");
        output.WriteLine();
        Table(
            output,
            ["at", "event", "what", "who"],
            events.Select(e => new[] { e.At.ToString("u", CultureInfo.InvariantCulture), e.Kind, e.Text, e.Actor })
        );
    }

    private static void Table(TextWriter output, string[] heads, IEnumerable<string[]> rows)
    {
        output.WriteLine($"| {string.Join(" | ", heads)} |");
        output.WriteLine($"|{string.Concat(heads.Select(_ => "---|"))}");
        foreach (string[] row in rows)
        {
            output.WriteLine($"| {string.Join(" | ", row.Select(Cell))} |");
        }

        output.WriteLine();
    }

    private static string Cell(string text) =>
        string.Concat(
            text.Select(c =>
                char.IsControl(c) ? " "
                : c is '|' or '<' or '>' or '`' or '[' or ']' or '\\' ? $"\\{c}"
                : $"{c}"
            )
        );
}
