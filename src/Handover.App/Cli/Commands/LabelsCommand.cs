using System.CommandLine;
using System.Net.Http.Headers;
using Handover.Protocol;

namespace Handover.App.Cli.Commands;

/// <summary><c>labels push</c>: the truth about earlier answers.</summary>
internal static class LabelsCommand
{
    public static Command Build(CliRunner run)
    {
        var service = new Argument<string>("SERVICE");
        var file = new Argument<string>("FILE")
        {
            Description = "NDJSON with requestId, truth, at; - for standard input",
        };
        Command push = run.Handle(
            new Command("push", "Push labels") { service, file },
            async session =>
            {
                string name = session.Parse.GetValue(service)!;
                string path = session.Parse.GetValue(file)!;
                if (session.OnlyDry($"push the labels in {path} to {name}"))
                {
                    return ExitCodes.Ok;
                }

                using HttpContent content =
                    path == "-"
                        ? new StringContent(await session.Host.In.ReadToEndAsync(session.Cancel))
                        : new StreamContent(File.OpenRead(path));
                content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypes.NdJson);
                LabelReceipt receipt = await session.Api.PostAsync(
                    $"/api/v1/services/{Uri.EscapeDataString(name)}/labels",
                    content,
                    ProtocolJson.Lenient.LabelReceipt,
                    session.Cancel
                );
                session.Output.One(
                    receipt,
                    ProtocolJson.Default.LabelReceipt,
                    r => $"{r.Accepted}",
                    (output, r) =>
                        output.WriteLine(
                            $"accepted {r.Accepted} ({r.Waiting} waiting), duplicate {r.Duplicate}, "
                                + $"conflicting {r.Conflicting}, rejected {r.Rejected}"
                        )
                );
                foreach (LineError error in receipt.Errors)
                {
                    session.Say($"{path}:{error.Line}: {error.Detail}");
                }

                return receipt.Rejected > 0 ? ExitCodes.Failed : ExitCodes.Ok;
            }
        );
        return new Command("labels", "Truth that arrives late") { push, Wanted(run), Status(run) };
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
