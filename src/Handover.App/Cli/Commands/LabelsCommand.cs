using System.CommandLine;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>labels</c>: the truth about earlier answers.</summary>
internal static class LabelsCommand
{
    public static Command Build(CliRunner run)
    {
        var push = new NdjsonPush("labels", "SERVICE", "requestId, truth, at", s => $"/api/v1/services/{s}/labels");
        return new Command("labels", "Truth that arrives late") { push.Build(run), Wanted(run), Status(run) };
    }

    private static Command Status(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        return run.Handle(
            new Command("status", "Show what became of labels, and how right each release was") { service },
            async session =>
            {
                string name = Uri.EscapeDataString(session.Parse.GetValue(service)!);
                LabelsView labels = await session.Api.GetAsync(
                    $"/api/v1/services/{name}/labels",
                    ProtocolJson.Lenient.LabelsView,
                    session.Cancel
                );
                session.Output.One(labels, ProtocolJson.Default.LabelsView, l => l.Service, Show);
                return ExitCodes.Ok;
            }
        );
    }

    private static void Show(TextWriter output, LabelsView labels)
    {
        string judged = labels.WindowSeconds is { } seconds
            ? $"answers are judged when {Durations.Text(TimeSpan.FromSeconds(seconds))} old"
            : "labels are judged as they come";
        output.WriteLine($"{labels.Service}: {judged}");
        output.WriteLine(
            $"waiting {labels.Waiting}, {string.Join(", ", labels.Counts.Select(c => $"{c.Key} {c.Value}"))}"
        );
        RolloutOutlook.Losses(output, labels.Losses);
    }

    private static Command Wanted(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var most = new Option<int>("--limit") { DefaultValueFactory = _ => 100, Description = "At most so many" };
        return run.Handle(
            new Command("wanted", "List the requests whose truth would tell the most") { service, most },
            async session =>
            {
                string name = Uri.EscapeDataString(session.Parse.GetValue(service)!);
                WantedLabelsView wanted = await session.Api.GetAsync(
                    $"/api/v1/services/{name}/labels/wanted?pageSize={session.Parse.GetValue(most)}",
                    ProtocolJson.Lenient.WantedLabelsView,
                    session.Cancel
                );
                session.Output.One(
                    wanted,
                    ProtocolJson.Default.WantedLabelsView,
                    w => string.Join('\n', w.Items.Select(i => i.RequestId)),
                    (output, w) =>
                        OutputWriter.Table(
                            output,
                            w.Items,
                            ("REQUEST", i => i.RequestId),
                            ("ENTITY", i => i.Entity ?? "-"),
                            ("LIVE", i => $"{i.Live}: {i.LiveOutput}"),
                            ("SHADOW", i => $"{i.Shadow}: {i.ShadowOutput}")
                        )
                );
                return ExitCodes.Ok;
            }
        );
    }
}
